import fc from "fast-check";
import { anyBytes, mutatedBytes } from "../arbitraries/bytes.ts";
import { inHeader } from "../arbitraries/http.ts";
import { nearlyCommand, nearlyJoin } from "../arbitraries/json.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { target } from "../run.ts";
import { FuzzServer, type Request } from "../support/fuzz-server.ts";

const json = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  value.map((given) => Buffer.from(JSON.stringify(given) ?? ""));

const bodiesOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 5, arbitrary: json(value) },
    { weight: 4, arbitrary: mutatedBytes(json(value)) },
    { weight: 1, arbitrary: anyBytes },
    { weight: 1, arbitrary: junk.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }).map((deep) => Buffer.from("[".repeat(deep * 100))) },
  );
const type = fc.oneof(
  { weight: 10, arbitrary: fc.constant("application/json") },
  { weight: 2, arbitrary: inHeader(mutated(fc.constant("application/json; charset=utf-8"))) },
  { weight: 1, arbitrary: inHeader(junk).map((text) => text.slice(0, 2_000)) },
);
const input = fc.oneof(
  fc.record({ path: fc.constant("/api/commands"), type, body: bodiesOf(nearlyCommand) }),
  fc.record({ path: fc.constant("/api/sessions"), type, body: bodiesOf(nearlyJoin) }),
);

export const bodies = target({
  name: "bodies",
  what: "POST /api/commands and /api/sessions: bodies and their types",
  input,
  open: async () => {
    const server = await FuzzServer.open();
    return {
      try: async ({ path, type: contentType, body }) => {
        await server.renewSometimes();
        const headers = [`Authorization: Bearer ${server.member.session}`, `Content-Type: ${contentType}`];
        const request: Request = { method: "POST", path, headers, body };
        const { status, body: answer } = await server.ask(request);
        if (path === "/api/sessions") {
          if (status === 201) await server.api.end(JSON.parse(answer).session);
          // A `leave` that got through has ended the session: the next input needs another.
        } else if (status === 404 || body.includes("leave")) await server.renew();
        return `${path.slice(5)} ${status}`;
      },
      check: () => server.check(),
      close: () => server.close(),
    };
  },
});
