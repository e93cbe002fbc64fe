import fc from "fast-check";
import { isDownEvent, isDurable, isReply, parseJson } from "../../../src/transports/shared/client/incoming.ts";
import { advance } from "../../../src/transports/shared/client/poll-link.ts";
import { anyEvent } from "../../support/arbitrary.ts";
import { asCursor } from "../../support/cast.ts";
import { anyJson, nearly } from "../arbitraries/json.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { isProtocolFailure } from "../support/failures.ts";

const reply = nearly({
  type: fc.constantFrom("ok", "refused"),
  id: fc.string({ maxLength: 64 }),
  seq: fc.nat(),
  code: fc.constantFrom("malformed", "too_many", "nonsense"),
  message: fc.string(),
  retry: fc.boolean(),
});
const texts = fc.oneof(
  { weight: 4, arbitrary: mutated(anyEvent.map((event) => JSON.stringify(event))) },
  { weight: 2, arbitrary: reply.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: anyJson.map((value) => JSON.stringify(value) ?? "") },
  { weight: 1, arbitrary: junk },
);

export const incoming = target({
  name: "incoming",
  what: "what every client half does with the text of one message",
  input: texts,
  open: () => ({
    try: (text) => {
      try {
        const value = parseJson(text);
        if (isReply(value)) return "reply";
        if (!isDownEvent(value)) return "passed over";
        if (isDurable(value) && !Number.isSafeInteger(value.seq)) throw new Finding("wrong", "a seq is no number");
        advance(asCursor("e1-5"), [value]);
        return "event";
      } catch (error) {
        if (isProtocolFailure(error)) return "refused";
        throw error;
      }
    },
  }),
});
