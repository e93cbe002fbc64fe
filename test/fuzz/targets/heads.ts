import fc from "fast-check";
import { cutUp } from "../../support/arbitrary.ts";
import { anyBytes, cuts, mutatedBytes } from "../arbitraries/bytes.ts";
import { anyRequest, SESSION, UPGRADE_LINES } from "../arbitraries/requests.ts";
import { Finding, type Target } from "../contract.ts";
import { target } from "../run.ts";
import { Connection } from "../support/connection.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

/** No answer is expected to an incomplete request: its sender has closed the connection by then. */
const ANSWER_MS = 5;
const INTERNAL = /"code":"internal"|node_modules|node:internal|\n\s+at /;

const bytesOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> => text.map((given) => Buffer.from(given, "latin1"));
const oneOrTwo = fc.array(anyRequest, { minLength: 1, maxLength: 2 }).map((requests) => requests.join(""));
const heads = fc.oneof(
  { weight: 6, arbitrary: mutatedBytes(bytesOf(oneOrTwo)) },
  { weight: 1, arbitrary: anyBytes },
  { weight: 1, arbitrary: fc.tuple(bytesOf(anyRequest), anyBytes).map((parts) => Buffer.concat(parts)) },
);
const upgrades = mutatedBytes(
  bytesOf(
    fc
      .tuple(
        fc.constantFrom("/transports/websocket", "/transports/sse", "/", "/api/members", "/transports/websocket/"),
        fc.constantFrom(
          "",
          "Sec-WebSocket-Protocol: skyrocket.v1\r\n",
          "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        ),
      )
      .map(([path, more]) => {
        const lines = `Host: 127.0.0.1\r\nAuthorization: Bearer ${SESSION}\r\n${UPGRADE_LINES}${more}`;
        return `GET ${path} HTTP/1.1\r\n${lines}\r\n`;
      }),
  ),
);

const onSocket = (name: string, what: string, bytes: fc.Arbitrary<Buffer>): Target =>
  target({
    name,
    what,
    input: fc.record({ bytes, at: cuts }),
    open: async () => {
      const server = await FuzzServer.open();
      return {
        try: async ({ bytes: given, at }) => {
          await server.renewSometimes();
          const real = Buffer.from(given.toString("latin1").replaceAll(SESSION, server.member.session), "latin1");
          const line = await Connection.open(server.port);
          for (const piece of cutUp(real, at)) line.write(piece);
          const whole = real.includes("\r\n\r\n");
          if (whole) await line.within(ANSWER_MS, () => line.bytes.length > 12);
          line.socket.end();
          await line.untilClosed("who has hung up");
          const text = line.bytes.toString("latin1");
          const statuses = [...text.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map(([, status]) => status);
          if (statuses.includes("500") || INTERNAL.test(text)) throw new Finding("500", text.slice(0, 500));
          if (text !== "" && !text.startsWith("HTTP/1.1 "))
            throw new Finding("wrong", `no answer: ${text.slice(0, 99)}`);
          if (statuses.includes("404") || statuses.includes("204")) await server.renew();
          return statuses[0] ?? "closed";
        },
        check: () => server.check(),
        close: () => server.close(),
      };
    },
  });

export const onSockets: readonly Target[] = [
  onSocket("heads", "bytes on a bare socket where HTTP should be, in any pieces", heads),
  onSocket("upgrades", "requests for a WebSocket that are spoilt somewhere", upgrades),
];
