import fc from "fast-check";
import { type Claim, TokenMint } from "../../../src/chat/token.ts";
import { asMember, asRoom } from "../../support/cast.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

const mint = new TokenMint("the right secret");
const stranger = new TokenMint("another secret");

const claim = fc.record({
  room: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/).map(asRoom),
  keyId: fc.constantFrom("", "aB3-_xYz"),
  member: fc.stringMatching(/^m[a-z0-9]{10}$/).map(asMember),
  name: fc.string({ unit: "binary", minLength: 1, maxLength: 32 }).filter((name) => name.isWellFormed()),
  expiresAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

const presented = (given: Claim) =>
  fc.oneof(
    mutated(fc.constant(mint.sign(given))),
    fc.constant(stranger.sign(given)),
    fc.tuple(fc.constant(mint.sign(given)), junk).map(([token, more]) => `${token}${more}`),
    junk,
  );

export const tokens = target({
  name: "tokens",
  what: "session tokens: forged, cut, spliced, signed by others",
  input: claim.chain((given) => fc.record({ given: fc.constant(given), token: presented(given) })),
  open: () => ({
    try: ({ given, token }) => {
      const verified = mint.verify(token);
      if (verified === null) {
        if (token === mint.sign(given)) throw new Finding("wrong", "its own token is refused");
        return "refused";
      }
      if (token !== mint.sign(given))
        throw new Finding("wrong", `a token nobody signed is taken for ${JSON.stringify(verified)}`);
      for (const field of ["room", "keyId", "member", "name", "expiresAt"] as const) {
        if (verified[field] !== given[field])
          throw new Finding("wrong", `${field} became ${JSON.stringify(verified[field])}`);
      }
      return "good";
    },
  }),
});
