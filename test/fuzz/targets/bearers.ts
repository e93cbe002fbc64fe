import fc from "fast-check";
import { inHeader, inQuery } from "../arbitraries/http.ts";
import { junk, mutated, share } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

const SESSION = "SESSION";
/** Where the token is spoilt, and how. */
const spoilt = fc.record({
  place: share,
  put: fc.oneof(fc.constantFrom("A", ".", "..", "=", "-", "_", "%"), junk),
  drop: fc.nat({ max: 8 }),
});
const input = fc.record({
  how: fc.constantFrom("header", "query", "both"),
  scheme: fc.oneof({ weight: 6, arbitrary: fc.constant("Bearer ") }, inHeader(mutated(fc.constant("Bearer ")))),
  spoil: fc.option(spoilt, { nil: null, freq: 8 }),
  encoded: inQuery(fc.constant(SESSION)),
});

export const bearers = target({
  name: "bearers",
  what: "sessions over HTTP, in header and query, spoilt in one place: nobody gets in who was not let in",
  input,
  open: async () => {
    const server = await FuzzServer.open();
    return {
      try: async ({ how, scheme, spoil, encoded }) => {
        const { session } = server.member;
        const place = Math.floor((spoil?.place ?? 0) * session.length);
        const token =
          spoil === null ? session : session.slice(0, place) + spoil.put + session.slice(place + spoil.drop);
        const value = token.replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, "").slice(0, 4_000);
        const inUrl = encoded.replaceAll(SESSION, encodeURIComponent(token.toWellFormed()).slice(0, 4_000));
        const { status } = await server.ask({
          path: `/api/members${how === "header" ? "" : `?session=${inUrl}`}`,
          headers: how === "query" ? [] : [`Authorization: ${scheme}${value}`],
        });
        if (status === 200 && (how === "query" ? decodeURIComponent(inUrl) : value.trim()) !== session)
          throw new Finding("wrong", `let in with ${JSON.stringify({ how, scheme, value, inUrl })}`);
        if (status !== 200 && ![400, 401, 404, 431].includes(status)) throw new Finding("wrong", `answered ${status}`);
        return String(status);
      },
      check: () => server.check(),
      close: () => server.close(),
    };
  },
});
