import fc from "fast-check";
import { longPolling } from "../../../src/transports/long-polling/client.ts";
import { isDownEvent } from "../../../src/transports/shared/client/incoming.ts";
import { shortPolling } from "../../../src/transports/short-polling/client.ts";
import { anyBatch } from "../../support/arbitrary.ts";
import { anyBytes } from "../arbitraries/bytes.ts";
import { anyJson } from "../arbitraries/json.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { readBy } from "../support/reading.ts";

const batches = anyBatch.map((events) => JSON.stringify(events.slice(0, 4)));
const bodies = fc.oneof(
  { weight: 4, arbitrary: batches.map((text) => Buffer.from(text)) },
  { weight: 4, arbitrary: mutated(batches).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.array(anyJson, { maxLength: 4 }).map((values) => Buffer.from(JSON.stringify(values))) },
  { weight: 1, arbitrary: anyJson.map((value) => Buffer.from(JSON.stringify(value) ?? "")) },
  { weight: 1, arbitrary: junk.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: anyBytes },
);
/** What a header may hold at all (RFC 9110, 5.5): fetch itself refuses the rest. */
const headerValue = junk.map((text) => text.replace(/[^\t\u0020-\u007e]/gu, "").slice(0, 40));
const answer = fc.record({
  status: fc.oneof(
    { weight: 9, arbitrary: fc.constant(200) },
    { weight: 1, arbitrary: fc.constantFrom(204, 301, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 599) },
  ),
  headers: fc.oneof(
    fc.constant<Record<string, string>>({ "content-type": "application/json" }),
    headerValue.map((value) => ({ "retry-after": value })),
    headerValue.map((value) => ({ "content-type": value })),
  ),
  body: bodies,
});

export const pollClients = [shortPolling, longPolling].map((transport) =>
  target({
    name: `${transport.name}-client`,
    what: `the ${transport.title} client: any status, header and body, up to three answers`,
    input: fc.array(answer, { minLength: 1, maxLength: 3 }),
    open: () => ({
      try: async (answers) => {
        const served = answers.map(({ body, ...head }) => ({ ...head, pieces: [new Uint8Array(body)] }));
        const { events, end } = await readBy(transport, served);
        if (!events.every(isDownEvent)) throw new Finding("wrong", "it hands on what is no event");
        return events.length > 0 ? `${end}, events` : end;
      },
    }),
  }),
);
