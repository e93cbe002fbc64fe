/**
 * Demonstrates what docs/autocannon.md says about autocannon 9.0.0: `node bench/plain-http/demonstrate.ts`. The server runs
 * in this process and delays its responses as each point needs, so that no point depends on its speed.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import autocannon from "autocannon";

const SLOW_MS = 20;
const HOLD_MS = 300;
const LONG_HOLD_MS = 1_500;
const EVENT_MS = 20;

const arrivals: number[] = [];
let eventsSent = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  arrivals.push(performance.now());
  switch (request.url) {
    case "/slow":
      return void setTimeout(() => response.end("ok"), SLOW_MS);
    case "/long-poll":
      return void setTimeout(() => response.end("[]"), HOLD_MS);
    case "/longer-poll":
      return void setTimeout(() => response.end("[]"), LONG_HOLD_MS);
    case "/events": {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => {
        eventsSent += 1;
        response.write(`data: ${eventsSent}\n\n`);
      }, EVENT_MS);
      return void response.on("close", () => clearInterval(timer));
    }
    default:
      response.end("ok");
  }
}

const server = createServer(answer).listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
const url = (path: string): string => `http://127.0.0.1:${address.port}${path}`;

const rated = { url: url("/slow"), connections: 1, overallRate: 10, duration: 2 };

const corrected = await autocannon(rated);
console.log(`${SLOW_MS} ms answers at 10 requests a second, coordinated omission "corrected":`);
console.log(
  `  ${corrected["2xx"]} answers became ${corrected.latency.totalCount} samples, p50 ${corrected.latency.p50} ms`,
);

arrivals.length = 0;
const plain = await autocannon({ ...rated, ignoreCoordinatedOmission: true });
console.log("the same with ignoreCoordinatedOmission:");
console.log(`  ${plain["2xx"]} answers, ${plain.latency.totalCount} samples, p50 ${plain.latency.p50} ms`);
const [first = 0] = arrivals;
console.log(`  requests arrived at ms ${arrivals.map((at) => Math.round(at - first)).join(", ")}`);
console.log(`  a run with a duration of ${rated.duration} s reports that it took ${plain.duration} s`);

const fast = await autocannon({ url: url("/"), connections: 10, duration: 1, sampleInt: 100 });
const { p50, p90, p99, max } = fast.latency;
console.log("a server that answers at once:");
console.log(`  p50 ${p50}, p90 ${p90}, p99 ${p99}, max ${max} ms; ${fast["2xx"]} answers`);

const refused = await autocannon({ url: url("/"), connections: 1, duration: 1, ignoreCoordinatedOmission: true }).then(
  () => "accepted",
  (error: unknown) => String(error),
);
console.log(`ignoreCoordinatedOmission without a rate: ${refused}`);

const polled = await autocannon({ url: url("/long-poll"), connections: 1, duration: 2, sampleInt: 100 });
console.log(`a long poll held for ${HOLD_MS} ms: p50 ${polled.latency.p50} ms, which is the hold`);

const timedOut = await autocannon({ url: url("/longer-poll"), connections: 1, duration: 3, timeout: 1 });
console.log(
  `a long poll held for ${LONG_HOLD_MS} ms, timeout 1 s: ${timedOut["2xx"]} answers, ${timedOut.timeouts} timeouts`,
);

const streamed = await autocannon({ url: url("/events"), connections: 1, duration: 2, timeout: 1 });
console.log(
  `an event stream: ${eventsSent} events sent, ${streamed["2xx"]} answers counted, ${streamed.timeouts} timeouts`,
);

server.closeAllConnections();
server.close();
