/**
 * The process that runs the two load tools, autocannon and our own driver, on the load generator's CPU. It takes one order at
 * a time over IPC.
 */
import autocannon from "autocannon";
import { AnswerReader } from "../generator/http.ts";
import { openSocket, type RawSocket } from "../generator/socket.ts";
import { executeOrders } from "../measure/worker-process.ts";
import { Histogram } from "../statistics/histogram.ts";
import { ID_LENGTH, ID_PLACE, type Order, type Outcome, type RequestShape } from "./messages.ts";

const MICROSECONDS_PER_MS = 1_000;

/** An outcome before the tool's CPU time is known. */
type Result = Omit<Outcome, "toolCpu">;

executeOrders(async (order: Order): Promise<Outcome> => {
  const before = process.cpuUsage();
  const result = await runTool(order);
  const { user, system } = process.cpuUsage(before);
  return { ...result, toolCpu: (user + system) / MICROSECONDS_PER_MS / result.elapsedMs };
});

function runTool(order: Order): Promise<Result> {
  switch (order.tool) {
    case "autocannon":
      return runAutocannon(order);
    case "ours":
      return runOwnDriver(order);
  }
}

/** Milliseconds between autocannon's samples. It checks only then whether to stop; its default is a second. */
const SAMPLE_MS = 50;

/**
 * Runs an order with autocannon. Rejects if autocannon refuses its options. Latencies are not corrected for coordinated
 * omission: autocannon does that only with a rate. Without one it refuses `ignoreCoordinatedOmission`.
 */
async function runAutocannon({ url, request, sessions, seconds }: Order): Promise<Result> {
  const { method, path, body, answer } = request;
  const unused = [...sessions];
  const result = await autocannon({
    url: new URL(path, url).href,
    connections: sessions.length,
    duration: seconds,
    sampleInt: SAMPLE_MS,
    method,
    ...(body === null ? {} : { body, idReplacement: true }),
    setupClient: (client) => client.setHeaders(headersOf(unused.pop() ?? "", body !== null)),
    verifyBody: (text) => text.startsWith(answer),
  });
  const { latency, errors, timeouts, non2xx, mismatches } = result;
  return {
    requests: result["2xx"],
    failures: errors + timeouts + non2xx + mismatches,
    elapsedMs: result.duration * 1_000,
    p50: latency.p50 * MICROSECONDS_PER_MS,
    p90: latency.p90 * MICROSECONDS_PER_MS,
    p99: latency.p99 * MICROSECONDS_PER_MS,
    p999: latency.p99_9 * MICROSECONDS_PER_MS,
    max: latency.max * MICROSECONDS_PER_MS,
    latency: null,
  };
}

function headersOf(session: string, hasBody: boolean): Record<string, string> {
  const authorization = { Authorization: `Bearer ${session}` };
  return hasBody ? { ...authorization, "Content-Type": "application/json" } : authorization;
}

const OK = 200;

/** The state that all connections of one order share. */
interface Loop {
  readonly latency: Histogram;
  requests: number;
  failures: number;
  /** In milliseconds of `performance.now()`. No connection sends a request after it. */
  readonly deadline: number;
  readonly nextId: () => string;
}

/**
 * Runs an order with the bench's own driver: raw sockets, responses parsed only for their length, latency in microseconds.
 * Resolves when every connection has its last response or is broken.
 */
async function runOwnDriver({ url, request, sessions, seconds }: Order): Promise<Result> {
  const start = performance.now();
  let ids = 0;
  const loop: Loop = {
    latency: new Histogram(),
    requests: 0,
    failures: 0,
    deadline: start + seconds * 1_000,
    nextId: () => {
      ids += 1;
      return `${process.pid.toString(36)}-${Math.round(start).toString(36)}-${ids}`.padStart(ID_LENGTH, "-");
    },
  };
  await Promise.all(sessions.map((session) => repeatOn(new URL(url), request, session, loop)));
  const { latency, requests, failures } = loop;
  return {
    requests,
    failures,
    elapsedMs: performance.now() - start,
    p50: latency.percentile(50),
    p90: latency.percentile(90),
    p99: latency.percentile(99),
    p999: latency.percentile(99.9),
    max: latency.max,
    latency: latency.encode(),
  };
}

/** Repeats the request on one connection. Resolves when the connection has ended. */
function repeatOn(url: URL, request: RequestShape, session: string, loop: Loop): Promise<void> {
  const write = writerOf(url, request, session, loop.nextId);
  const answers = new AnswerReader();
  const expected = Buffer.from(request.answer);
  return new Promise((ended) => {
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      write(socket);
    };
    const end = (): void => {
      socket.close();
      ended();
    };
    const socket = openSocket(url, {
      connected: send,
      chunk: (bytes) => {
        for (const { status, body } of answers.read(bytes)) {
          const now = performance.now();
          if (status === OK && body.subarray(0, expected.length).equals(expected)) {
            loop.requests += 1;
            loop.latency.record((now - sentAt) * MICROSECONDS_PER_MS);
          } else {
            loop.failures += 1;
          }
          if (now < loop.deadline) send();
          else end();
        }
      },
      closed: () => {
        loop.failures += 1;
        ended();
      },
    });
  });
}

/** Returns a writer of the same lines in the same order as autocannon's, so that the server parses the same request. */
function writerOf(
  url: URL,
  { method, path, body }: RequestShape,
  session: string,
  nextId: () => string,
): (socket: RawSocket) => void {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: keep-alive",
    `Authorization: Bearer ${session}`,
  ];
  if (body === null) {
    const text = `${lines.join("\r\n")}\r\n\r\n`;
    return (socket) => socket.write(text);
  }
  const [before = "", after = ""] = body.split(ID_PLACE);
  const length = before.length + ID_LENGTH + after.length;
  const head = [...lines, "Content-Type: application/json", `Content-Length: ${length}`].join("\r\n");
  return (socket) => socket.write(`${head}\r\n\r\n${before}${nextId()}${after}`);
}
