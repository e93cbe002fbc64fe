import { describe, expect, test } from "vitest";
import { Histogram } from "../../../bench/statistics/histogram.ts";
import { bounded, messagesOf, planOf, queryOf, textOf } from "../../../lab/page/bench/bench-plan.ts";
import {
  type BenchReport,
  csvOf,
  encode,
  lineOf,
  openReport,
  ReportError,
} from "../../../lab/page/bench/bench-report.ts";
import { pace } from "../../../lab/page/bench/measure.ts";
import { curvesOf, percentText } from "../../../lab/page/bench/percentile-curves.ts";
import { emptyReading, faultsOf, lostOf, watchDisturbance } from "../../../lab/page/bench/reading.ts";
import type { Clock } from "../../../src/clock.ts";

/** A clock that is moved by hand. */
class HandClock implements Clock {
  time = 0;
  #due: { at: number; task: () => void }[] = [];

  wallNow = (): number => this.time;
  monotonicNow = (): number => this.time;

  after = (ms: number, task: () => void): (() => void) => {
    const entry = { at: this.time + ms, task };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  };

  get waiting(): number {
    return this.#due.length;
  }

  /** Moves on, running on the way what is due; `lateMs` is how late the timers are. */
  pass(ms: number, lateMs = 0): void {
    const until = this.time + ms;
    for (;;) {
      const next = this.#due.toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at + lateMs > until) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at + lateMs);
      next.task();
    }
    this.time = until;
  }
}

const KNOWN = ["websocket", "sse", "long-polling"];

describe("a plan", () => {
  test("is the same after its way through an address", () => {
    const plan = { transports: ["websocket", "long-polling"], rate: 17, bytes: 900, seconds: 33 };
    expect(planOf(new URLSearchParams(queryOf(plan)), KNOWN)).toEqual(plan);
  });

  test.each([
    ["", { transports: KNOWN, rate: 10, bytes: 64, seconds: 10 }],
    ["rate=1e9&bytes=0&seconds=-5", { transports: KNOWN, rate: 100, bytes: 16, seconds: 2 }],
    ["transports=carrier-pigeon&rate=x", { transports: KNOWN, rate: 10, bytes: 64, seconds: 10 }],
    ["transports=sse,sse,nothing&rate=2.6", { transports: ["sse"], rate: 3, bytes: 64, seconds: 10 }],
  ])("of ?%s is within its bounds", (query, plan) => {
    expect(planOf(new URLSearchParams(query), KNOWN)).toEqual(plan);
  });

  test("has as many messages as fit, of the length that was asked for", () => {
    expect(messagesOf({ transports: [], rate: 20, bytes: 16, seconds: 2 })).toBe(40);
    for (const bytes of [16, 4_000]) expect(textOf(1_234, bytes)).toMatch(new RegExp(`^1234 x{${bytes - 5}}$`));
    expect(bounded("rate", Number.NaN)).toBe(10);
  });
});

describe("the pace", () => {
  test("is that of the clock, and not that of the answers", async () => {
    const clock = new HandClock();
    const fired: [number, number, number][] = [];
    const done = pace({ rate: 10, count: 4, startAt: 0 }, clock, new AbortController().signal, (number, due) =>
      fired.push([number, due, clock.time]),
    );
    expect(fired).toEqual([[0, 0, 0]]);
    clock.pass(1_000);
    await done;
    expect(fired.map(([, , at]) => at)).toEqual([0, 100, 200, 300]);
    expect(clock.waiting).toBe(0);
  });

  test("lets no message fall out when the timers are late, and dates each from when it was due", async () => {
    const clock = new HandClock();
    const fired: [number, number, number][] = [];
    const done = pace({ rate: 10, count: 5, startAt: 0 }, clock, new AbortController().signal, (number, due) =>
      fired.push([number, due, clock.time]),
    );
    clock.pass(2_000, 250);
    await done;
    expect(fired).toEqual([
      [0, 0, 0],
      [1, 100, 350],
      [2, 200, 350],
      [3, 300, 350],
      [4, 400, 650],
    ]);
  });

  test("ends when it is stopped", async () => {
    const clock = new HandClock();
    const stop = new AbortController();
    let fired = 0;
    const done = pace({ rate: 10, count: 50, startAt: 0 }, clock, stop.signal, () => {
      fired += 1;
    });
    clock.pass(250);
    stop.abort();
    await done;
    clock.pass(5_000);
    expect([fired, clock.waiting]).toEqual([3, 0]);
  });
});

describe("the watch over a page", () => {
  test("sees nothing where nothing is", () => {
    const clock = new HandClock();
    const seen = watchDisturbance(clock, () => false);
    clock.pass(10_000);
    expect(seen()).toEqual({ hiddenMs: 0, stalledMs: 0 });
    expect(clock.waiting).toBe(0);
  });

  test("sees throttled timers, and how long the page was hidden", () => {
    const clock = new HandClock();
    let hidden = false;
    const seen = watchDisturbance(clock, () => hidden);
    clock.pass(1_000);
    hidden = true;
    clock.pass(3_000, 950);
    hidden = false;
    clock.pass(1_000);
    const { hiddenMs, stalledMs } = seen();
    expect(hiddenMs).toBeGreaterThanOrEqual(3_000);
    expect(hiddenMs).toBeLessThan(4_100);
    expect(stalledMs).toBe(950);
  });
});

/** A reading of `count` messages without fault: latencies of 1, 2, 3 … ms. */
function sound(count = 100) {
  const reading = emptyReading("sse", count);
  for (let number = 1; number <= count; number += 1) {
    reading.sent += 1;
    reading.received += 1;
    reading.latency.record(number * 1_000);
    reading.lateness.record(300);
  }
  return reading;
}

/** Of a histogram: some 90 ms. */
const LATE_BUCKET = 1_460;

describe("a reading", () => {
  test("counts when nothing speaks against it", () => {
    expect(faultsOf(sound())).toEqual([]);
  });

  test.each<[string, (reading: ReturnType<typeof sound>) => void, RegExp]>([
    ["hidden tab", (reading) => Object.assign(reading, { disturbance: { hiddenMs: 1, stalledMs: 0 } }), /hidden/],
    ["throttled tab", (reading) => Object.assign(reading, { disturbance: { hiddenMs: 0, stalledMs: 251 } }), /251 ms/],
    ["late generator", (reading) => reading.lateness.add([[LATE_BUCKET, 2]]), /page was too busy/],
    ["stopped run", (reading) => Object.assign(reading, { sent: 40 }), /40 of 100/],
    ["refusals", (reading) => Object.assign(reading, { refused: 3 }), /refused 3 messages/],
    ["transport that does not get through", (reading) => Object.assign(reading, { failure: "No way." }), /No way/],
  ])("does not count after a %s", (_what, spoil, reason) => {
    const reading = sound();
    spoil(reading);
    expect(faultsOf(reading)).toEqual([expect.stringMatching(reason)]);
  });

  test("shows what was lost as a result", () => {
    const reading = sound();
    reading.received -= 7;
    expect(lostOf(reading)).toBe(7);
    expect(faultsOf(reading)).toEqual([]);
  });
});

describe("percentile curves", () => {
  test("stand on one axis, each as far as its receipts reach", () => {
    const few = new Histogram();
    for (const ms of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) few.record(ms * 1_000);
    const many = new Histogram();
    for (let number = 1; number <= 1_000; number += 1) many.record(number * 100);
    const { nines, ms } = curvesOf([few, many, new Histogram()]);
    const at = (curve: number, where: number): number | null | undefined => ms[curve]?.[nines.indexOf(where)];
    expect(nines.at(-1)).toBe(3.025);
    expect(ms.slice(0, 2).map((curve) => curve.findLast((value) => value !== null))).toEqual([
      few.max / 1_000,
      many.max / 1_000,
    ]);
    expect(at(0, 0)).toBeCloseTo(1, 1);
    expect(at(0, 1)).toBeCloseTo(9, 0);
    expect(at(0, 1.5)).toBeNull();
    expect(at(1, 1)).toBeCloseTo(90, 0);
    expect(at(1, 2)).toBeCloseTo(99, 0);
    expect(at(1, 3)).toBeCloseTo(99.9, 0);
    expect(ms[2]?.every((value) => value === null)).toBe(true);
    for (const curve of ms.slice(0, 2)) {
      const values = curve.filter((value) => value !== null);
      expect(values).toEqual(values.toSorted((one, other) => one - other));
    }
    expect([0, 1, 2, 3, 4].map(percentText)).toEqual(["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
  });

  test("of nothing are empty", () => {
    expect(curvesOf([])).toEqual({ nines: [0, 0.025], ms: [] });
  });
});

function report(): BenchReport {
  const lost = sound();
  lost.received -= 1;
  return {
    format: "skyrocket-lab-bench",
    version: 1,
    startedAt: Date.UTC(2026, 0, 1),
    plan: { transports: ["sse"], rate: 10, bytes: 64, seconds: 10 },
    surroundings: { browser: "test", cpus: 2, isolated: true },
    readings: [encode(sound(), "Server-Sent Events"), encode(lost, 'With "quotes", and a comma')],
  };
}

describe("a report", () => {
  test("is the same after it was saved and opened", () => {
    const { title, parts } = openReport(JSON.stringify(report()));
    expect(title).toBe("Measured 2026-01-01 00:00:00");
    expect(parts.map((part) => part.title)).toEqual(["10 messages/s of 64 bytes for 10 s"]);
    expect(parts[0]?.lines.map(({ counts }) => counts.lost)).toEqual([0, 1]);
    expect(parts[0]?.lines[0]?.latency.percentile(50)).toBe(sound().latency.percentile(50));
  });

  test("as CSV is a table that others read", () => {
    const lines = csvOf(report().readings.map(lineOf)).split("\r\n");
    expect(lines[0]).toMatch(/^transport,valid,sent,received,lost,duplicated,p50_ms/);
    expect(lines[1]).toMatch(/^Server-Sent Events,yes,100,100,0,0,50\.\d+,89\.\d+,99\.\d+,100\.\d+,100\.\d+,0\.\d+$/);
    expect(lines[2]).toMatch(/^"With ""quotes"", and a comma",yes,100,99,1,/);
    expect(lines[3]).toBe("");
  });

  test.each([
    [2, "doubled"],
    [3, "duplicated"],
  ])("results of npm run bench in schema %s are read with their rounds put together", (schema, duplicates) => {
    const sample = (row: string, value: number, invalid: object | null) => ({
      scenario: "fanout",
      row,
      point: "100/s",
      latency: [[value, 10]],
      faults: { lost: 1, [duplicates]: 0, reordered: 0 },
      invalid,
    });
    const late = { kind: "generator", cpu: 99, delayMs: 9 };
    const { parts } = openReport(
      JSON.stringify({
        schema,
        started: "2026-11-22T21:16:26.000Z",
        rows: [
          { name: "sse", title: "Skyrocket, SSE", kind: "ours", leg: "sse" },
          { name: "other", title: "Another", kind: "peer", leg: "websocket" },
        ],
        scenarios: [{ name: "fanout", title: "Fan-out" }],
        samples: [
          sample("sse", 100, null),
          sample("sse", 200, null),
          sample("sse", 250, late),
          sample("other", 9, late),
        ],
      }),
    );
    expect(parts.map(({ title }) => title)).toEqual(["Fan-out: 100/s"]);
    const [ours, other] = parts[0]?.lines ?? [];
    expect([ours?.kind, ours?.transport, ours?.latency.count]).toEqual(["ours", "sse", 20]);
    expect(ours?.counts).toMatchObject({ lost: 3, duplicated: 0 });
    expect([other?.kind, other?.faults.length, other?.latency.count]).toEqual(["other", 1, 0]);
  });

  test.each([
    ["no JSON", "<html>"],
    ["null", "null"],
    ["a list", "[]"],
    ["another format", '{"format":"har"}'],
    ["a later version", JSON.stringify({ ...report(), version: 2 })],
    ["a reading without its counts", JSON.stringify({ ...report(), readings: [{ transport: "sse", title: "x" }] })],
    [
      "buckets without end",
      JSON.stringify({ ...report(), readings: [{ ...report().readings[0], latency: [[9e15, 1]] }] }),
    ],
    ["results without latencies", JSON.stringify({ schema: 2, rows: [], scenarios: [], samples: [] })],
    ["results of an older bench", JSON.stringify({ schema: 1, rows: [], scenarios: [], samples: [] })],
  ])("that is %s is refused with a reason", (_what, text) => {
    expect(() => openReport(text)).toThrow(ReportError);
  });
});
