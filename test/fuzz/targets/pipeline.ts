import fc from "fast-check";
import { cutUp } from "../../support/arbitrary.ts";
import { cuts } from "../arbitraries/bytes.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { answerIn, judge } from "../support/answers.ts";
import { Connection, DEADLINE_MS } from "../support/connection.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

const POST = { method: "POST", path: "/api/commands" };
/** Requests and what each is answered, whatever stands before and behind it. */
const kinds = [
  { method: "GET", path: "/healthz", body: null, status: 200 },
  { method: "GET", path: "/api/members", body: null, status: 200 },
  { method: "GET", path: "/transports/short-polling", body: null, status: 200 },
  { method: "GET", path: "/transports/short-polling?after=x", body: null, status: 400 },
  { method: "GET", path: "/transports/long-polling?hold=0", body: null, status: 200 },
  { method: "GET", path: "/nothing", body: null, status: 404 },
  { method: "PUT", path: "/api/commands", body: null, status: 405 },
  { ...POST, body: '{"type":"typing","id":"t"}', status: 200 },
  { ...POST, body: '{"type":"alive"}', status: 204 },
  { ...POST, body: '{"type":"say","id":"', status: 400 },
  { ...POST, body: '{"type":"say","id":1}', status: 422 },
  { ...POST, body: `{"type":"say","id":"big","text":"${"x".repeat(4_001)}"}`, status: 422 },
] as const;

export const pipeline = target({
  name: "pipeline",
  what: "several requests in one go, cut anywhere: each is answered as it would be alone, in order",
  input: fc.record({ requests: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }), at: cuts }),
  open: async () => {
    const server = await FuzzServer.open();
    let line: Connection | null = null;
    return {
      try: async ({ requests, at }) => {
        await server.renewSometimes();
        const common = `Host: ${server.host}\r\nAuthorization: Bearer ${server.member.session}\r\n`;
        const bytes = requests.map(({ method, path, body }) => {
          const type = body === null ? "" : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
          return `${method} ${path} HTTP/1.1\r\n${common}${type}\r\n${body ?? ""}`;
        });
        if (line === null || line.closed) line = await Connection.open(server.port);
        for (const piece of cutUp(Buffer.from(bytes.join("")), at)) line.write(piece);
        const got: number[] = [];
        for (const { method } of requests) {
          await line.within(DEADLINE_MS, ({ bytes: come }) => answerIn(come, method) !== null);
          const answer = answerIn(line.bytes, method);
          if (answer === null) {
            const end = line.closed ? "the connection ended" : `nothing came within ${DEADLINE_MS} ms`;
            throw new Finding(line.closed ? "wrong" : "hang", `after the answers ${got.join(", ")} ${end}`);
          }
          line.take(answer.length);
          judge(answer);
          got.push(answer.status);
          if (answer.headers.get("connection") !== "close") continue;
          // What stands behind it is not answered any more (RFC 9112, 9.6).
          line.drop();
          line = null;
          break;
        }
        const owed = requests.slice(0, got.length).map(({ status }) => status);
        if (JSON.stringify(got) !== JSON.stringify(owed)) throw new Finding("wrong", `${owed} became ${got}`);
        return `${got.length} answers`;
      },
      check: () => server.check(),
      close: async () => {
        line?.drop();
        await server.close();
      },
    };
  },
});
