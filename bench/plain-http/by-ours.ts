import { PollAnswerReader } from "../generator/poll-answer.ts";
import { openSocket, type RawSocket } from "../generator/socket.ts";
import { Histogram } from "../statistics/histogram.ts";
import { ID_LENGTH, ID_PLACE, type Order, type Outcome, type RequestShape } from "./messages.ts";

const OK = 200;

/** What all connections of one order share. */
interface Loop {
  readonly latency: Histogram;
  requests: number;
  failures: number;
  /** Milliseconds of `performance.now()`; nobody asks again after it. */
  readonly deadline: number;
  readonly nextId: () => string;
}

/**
 * The order by the bench's own driver: raw sockets, answers taken apart only as far as their length, latency in
 * microseconds. Resolves when every connection has its last answer or has broken.
 */
export async function byOurs({ url, request, sessions, seconds }: Order): Promise<Outcome> {
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
  await Promise.all(sessions.map((session) => askOn(new URL(url), request, session, loop)));
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

/** Resolves when the connection has ended. */
function askOn(url: URL, request: RequestShape, session: string, loop: Loop): Promise<void> {
  const write = writerOf(url, request, session, loop.nextId);
  const answers = new PollAnswerReader();
  const expected = Buffer.from(request.answer);
  return new Promise((ended) => {
    let asked = 0;
    const ask = (): void => {
      asked = performance.now();
      write(socket);
    };
    const end = (): void => {
      socket.close();
      ended();
    };
    const socket = openSocket(url, {
      connected: ask,
      chunk: (bytes) => {
        const answer = answers.read(bytes);
        if (answer === null) return;
        const now = performance.now();
        const right = answer.status === OK && answer.body.subarray(0, expected.length).equals(expected);
        if (right) {
          loop.requests += 1;
          loop.latency.record((now - asked) * 1_000);
        } else loop.failures += 1;
        if (now < loop.deadline) ask();
        else end();
      },
      gone: () => {
        loop.failures += 1;
        ended();
      },
    });
  });
}

/** Writes the request with the lines autocannon sends, in its order, so that the server has the same to read. */
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
