import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { afterEach, describe, expect, test } from "vitest";
import type { Effort } from "../../bench/contract.ts";
import { startServerProcess } from "../../bench/measure/server-process.ts";
import type { RequestShape, Tool } from "../../bench/plain-http/messages.ts";
import { COMMAND, Driver, emptyPoll, plainHttp } from "../../bench/plain-http/scenario.ts";
import { rowNamed } from "../../bench/registry.ts";
import { runBench } from "../../bench/run/session.ts";
import { until } from "../support/wait.ts";

const EFFORT: Effort = {
  rounds: 1,
  roundsPerServer: null,
  seconds: 0.1,
  readers: 5,
  warmUp: 0,
  idle: [],
  idleSeconds: 0,
};
const TOOLS: readonly Tool[] = ["ours", "autocannon"];
const ID = /"id":"([^"]*)"/;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Starts a server in this process that records its requests. */
async function listening(answer: string, delayMs = 0): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const { method, url, headers } = request;
      asked.push([method, url, headers.authorization, headers["content-length"], body].join(" "));
      if (delayMs === 0) response.end(answer);
      else setTimeout(() => response.end(answer), delayMs);
    });
  }).listen(0, "127.0.0.1");
  ends.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const address = await until("the server", () => server.address());
  if (typeof address === "string") throw new Error("the server has no TCP address");
  return { url: `http://127.0.0.1:${address.port}/`, asked };
}

function driver(): Driver {
  const started = new Driver(null);
  ends.push(() => started.stop());
  return started;
}

describe.each(TOOLS)("a closed loop by %s", (tool) => {
  test("a closed loop has one connection per session, a new id in each command, and counts every answer", async () => {
    const { url, asked } = await listening('{"type":"ok","id":"-","seq":1}');
    const order = { tool, url, request: COMMAND, sessions: ["one", "two"], seconds: 0.2 };
    const { requests, failures, p50, max } = await driver().run(order);
    expect(failures).toBe(0);
    expect(requests).toBeGreaterThan(0);
    expect(max).toBeGreaterThanOrEqual(p50);
    // A tool that stops may have sent one more request on each connection.
    expect(asked.length - requests).toBeLessThanOrEqual(2);
    expect(new Set(asked.map((text) => text.split(" ").slice(0, 4).join(" ")))).toEqual(
      new Set(["POST /api/commands Bearer one", "POST /api/commands Bearer two"]),
    );
    const ids = asked.map((text) => ID.exec(text)?.[1]);
    expect(new Set(ids).size).toBe(asked.length);
    expect(new Set(ids.map((id) => id?.length))).toEqual(new Set([33]));
  });

  test("a closed loop counts wrong answers as failures", async () => {
    const { url } = await listening('{"type":"refused"}');
    const loop = driver();
    const { requests, failures } = await until("an answer within a run", async () => {
      const run = await loop.run({ tool, url, request: COMMAND, sessions: ["one"], seconds: 0.1 });
      return run.requests + run.failures > 0 ? run : null;
    });
    expect(failures).toBeGreaterThan(0);
    // autocannon counts answers by status, and wrong ones separately.
    expect(requests).toBeLessThanOrEqual(failures);
  });
});

test("both tools send a request of the same length", async () => {
  const { url, asked } = await listening('{"type":"ok"}');
  const loop = driver();
  for (const tool of TOOLS) await loop.run({ tool, url, request: COMMAND, sessions: ["one"], seconds: 0.05 });
  expect(new Set(asked.map(({ length }) => length)).size).toBe(1);
});

describe("the static floor", () => {
  test("the static floor answers with as many bytes as Skyrocket, head included", async () => {
    const row = rowNamed("short-polling");
    const floor = await startServerProcess(
      [fileURLToPath(new URL("../../bench/plain-http/floor.ts", import.meta.url))],
      {
        cpu: null,
      },
    );
    ends.push(() => floor.stop());
    const ours = await startServerProcess(row.server(1), { cpu: null });
    ends.push(() => ours.stop());
    const members = await row.dialect.join(ours.url, 2);
    const [member] = members;
    if (member === undefined) throw new Error("nobody was let in");
    const poll = emptyPoll(members);
    for (const request of [poll, COMMAND]) {
      const texts = await Promise.all([floor, ours].map(({ url }) => answerOf(url, request, member.session)));
      // The floor's seq has five digits, like Skyrocket's after a second of a run.
      const [expected, got] = texts.map((text) => masked(text));
      expect(got).toBe(expected);
    }
  });
});

describe("the scenario", () => {
  test("the scenario measures both tools and the floor at every point", async () => {
    const signal = new AbortController().signal;
    const rows = [rowNamed("short-polling")];
    const { samples } = await runBench({
      scenarios: [plainHttp],
      rows,
      effort: EFFORT,
      seed: 1,
      profile: null,
      argv: [],
      signal,
      watch: () => {},
    });
    expect(samples.map(({ invalid }) => invalid)).toEqual(samples.map(() => null));
    expect(new Set(samples.map(({ point }) => point))).toEqual(
      new Set(["GET", "static GET", "POST", "static POST"].flatMap((leg) => TOOLS.map((tool) => `${leg} by ${tool}`))),
    );
    for (const { point, metrics, latency } of samples) {
      expect(Object.keys(metrics).sort()).toEqual(plainHttp.metrics.map(({ name }) => name).sort());
      expect(metrics["cpu"]).toBeGreaterThan(0);
      expect(latency === null).toBe(point?.endsWith("autocannon"));
      if (point?.startsWith("static")) expect(metrics["toFloor"]).toBe(1);
    }
  });
});

/** The content of autocannon's lines that docs/autocannon.md cites. */
const LINES: readonly (readonly [place: string, text: string])[] = [
  ["lib/defaultOptions.js:8", "sampleInt: 1000"],
  ["lib/histUtil.js:7-14", "lowestDiscernibleValue: 1"],
  ["lib/httpClient.js:26", "this.opts.timeout || 10"],
  ["lib/httpClient.js:35", "new HTTPParser(HTTPParser.RESPONSE)"],
  ["lib/httpClient.js:55-60", "this._destroyConnection()"],
  ["lib/httpClient.js:67-72", "this.reqsMadeThisSecond = 0"],
  ["lib/httpClient.js:89-98", "this.emit('response'"],
  ["lib/httpClient.js:143-145", "this.parser.execute(chunk)"],
  ["lib/httpClient.js:158", "this.reqsMadeThisSecond++ < this.rate"],
  ["lib/httpClient.js:171", "this.timeoutTicker.reschedule(this.timeout)"],
  ["lib/httpClient.js:174", "this.paused = true"],
  ["lib/httpRequestBuilder.js:62", "Connection: keep-alive"],
  ["lib/manager.js:59-63", "opts.connections / numWorkers"],
  ["lib/pipelinedRequestsQueue.js:44", "req.body += data"],
  ["lib/pipelinedRequestsQueue.js:65-66", "hrduration[0] * 1e3 + hrduration[1] / 1e6"],
  ["lib/run.js:97", "reInterval(tickInterval, opts.sampleInt)"],
  ["lib/run.js:110", "requests.recordValue(counter)"],
  ["lib/run.js:115", "if (stop)"],
  ["lib/run.js:135", "duration: Math.round("],
  ["lib/run.js:222-223", "we will miss the initial request emits"],
  ["lib/run.js:243-244", "recordValueWithExpectedInterval(responseTime, Math.ceil(1 / rate))"],
  ["lib/run.js:246", "latencies.recordValue(responseTime)"],
  ["lib/validate.js:152-153", "makes no sense without connectionRate or overallRate"],
];

describe("what docs/autocannon.md says", () => {
  const rated = { connections: 1, overallRate: 10, duration: 1 };

  test("the document cites lines that exist in the installed version, and every cited line is checked", () => {
    const text = readFileSync(new URL("../../docs/autocannon.md", import.meta.url), "utf8");
    const named = new Set([...text.matchAll(/`(lib\/\w+\.js:[\d-]+)`/g)].map(([, place]) => place));
    expect(named).toEqual(new Set(LINES.map(([place]) => place)));
    expect(read("package.json")).toContain('"version": "9.0.0"');
    for (const [place, expected] of LINES) {
      const [file = "", lines = ""] = place.split(":");
      const [first = 0, last = first] = lines.split("-").map(Number);
      const cited = read(file)
        .split("\n")
        .slice(first - 1, last)
        .join("\n");
      expect(cited, place).toContain(expected);
    }
  });

  test("autocannon invents samples when it corrects coordinated omission, and records one per answer otherwise", async () => {
    const { url } = await listening("ok", 20);
    const corrected = await autocannon({ url, ...rated });
    // 20 ms each, and one sample for every millisecond below: a timer is never early.
    expect(corrected.latency.totalCount).toBeGreaterThanOrEqual(19 * corrected["2xx"]);
    expect(corrected.latency.min).toBeLessThan(19);
    const plain = await autocannon({ url, ...rated, ignoreCoordinatedOmission: true });
    expect(plain.latency.totalCount).toBe(plain["2xx"]);
    expect(plain.latency.min).toBeGreaterThanOrEqual(19);
  });

  test("autocannon's percentiles are whole milliseconds", async () => {
    const { url } = await listening("ok");
    const { latency } = await autocannon({ url, connections: 2, duration: 0.2, sampleInt: 100 });
    const { p50, p90, p99, p99_9, max } = latency;
    for (const value of [p50, p90, p99, p99_9, max]) expect(Number.isInteger(value)).toBe(true);
  });

  test("autocannon refuses ignoreCoordinatedOmission without a rate", async () => {
    const { url } = await listening("ok");
    await expect(autocannon({ url, connections: 1, duration: 1, ignoreCoordinatedOmission: true })).rejects.toThrow(
      /makes no sense without connectionRate or overallRate/,
    );
  });
});

function read(file: string): string {
  return readFileSync(new URL(`../../node_modules/autocannon/${file}`, import.meta.url), "utf8");
}

/** Resolves to the complete response to one request on a connection of its own. */
async function answerOf(url: URL, { method, path, body }: RequestShape, session: string): Promise<string> {
  const text = body?.replace("[<id>]", "i".repeat(33)) ?? "";
  const socket = connect(Number(url.port), url.hostname);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  const head = [`${method} ${path} HTTP/1.1`, `Host: ${url.host}`, `Authorization: Bearer ${session}`];
  const more = body === null ? [] : ["Content-Type: application/json", `Content-Length: ${text.length}`];
  socket.write(`${[...head, ...more].join("\r\n")}\r\n\r\n${text}`);
  try {
    return await until("the answer", () => (/\r\n\r\n./.test(answer) ? answer : null));
  } finally {
    socket.destroy();
  }
}

/** Replaces what differs between responses: date, id, seq, and the length that depends on it. */
function masked(text: string): string {
  return text
    .replace(/Date: [^\r]*/, "Date: …")
    .replace(/"id":"[^"]*"/, '"id":"…"')
    .replace(/"seq":\d+/, '"seq":1')
    .replace(/content-length: 6\d/, "content-length: 6…");
}
