import type { Invalid, Sample, Scenario } from "../../bench/contract.ts";
import { ROWS, rowNamed } from "../../bench/registry.ts";
import type { Results, RowNote } from "../../bench/results.ts";
import { fanout } from "../../bench/scenarios/deliveries.ts";
import { seededRandom } from "../../bench/statistics/estimates.ts";
import { Histogram } from "../../bench/statistics/histogram.ts";

/** The typical CPU per delivery of each row. */
export const USUAL = { net: 8, websocket: 8.6, "socket-io-websocket": 14, "http-long-polling": 22, "long-polling": 27 };

export interface MakeUp {
  readonly cpu?: Readonly<Record<string, number>>;
  readonly rounds?: number;
  readonly seed?: number;
  /** Share of a value by which rounds differ. */
  readonly noise?: number;
  readonly invalid?: (row: string, round: number) => Invalid | null;
  readonly scenario?: Scenario;
  readonly point?: string | null;
}

/** Returns invented results of a run. The machine's speed changes from round to round, as on a real one. */
export function madeUp({
  cpu = USUAL,
  rounds = 10,
  seed = 1,
  noise = 0.01,
  invalid = () => null,
  scenario = fanout,
  point = "lockstep",
}: MakeUp = {}): Results {
  const random = seededRandom(seed);
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const speed = 0.7 + random();
    for (const [row, usual] of Object.entries(cpu)) {
      const value = usual * speed * (1 + (random() - 0.5) * 2 * noise);
      const reason = invalid(row, round);
      const faults = reason?.kind === "faults" ? reason : { lost: 0, duplicated: 0, reordered: 0 };
      samples.push({
        scenario: scenario.name,
        row,
        round,
        point,
        metrics: { cpu: value, user: value / 4, system: (value * 3) / 4, bytesDown: row === "net" ? 142 : 146 },
        latency: times(1_000 * round, 100),
        lastLatency: times(2_000 * round, 10),
        faults: { lost: faults.lost, duplicated: faults.duplicated, reordered: faults.reordered },
        invalid: reason,
        span: [0, 1],
      });
    }
  }
  return {
    schema: 3,
    started: "2026-01-02T03:04:05.678Z",
    finished: "2026-01-02T03:14:05.678Z",
    argv: ["--rounds", String(rounds)],
    seed: 1,
    commit: { id: "0123456789ab", changed: false },
    machine: {
      cpu: "A <fast> CPU & more",
      cores: 2,
      memoryBytes: 2 ** 34,
      system: "Linux 6.18",
      versions: { node: "26.10.0", v8: "14", uv: "1.52" },
      load: 0.1,
      governor: null,
      clocksource: null,
      openFiles: null,
    },
    pinned: true,
    loadAfter: 1,
    rows: ROWS.filter(({ name }) => name in cpu).map(note),
    skipped: [{ row: "bun-websocket", title: "Bun", why: "bun is not installed" }],
    scenarios: [
      {
        name: scenario.name,
        title: scenario.title,
        question: scenario.question,
        metrics: scenario.metrics,
        effort: { rounds, roundsPerServer: null, seconds: 1, readers: 500, warmUp: 1, idle: [], idleSeconds: 1 },
      },
    ],
    samples,
  };
}

export function noteOf(name: string): RowNote {
  return note(rowNamed(name));
}

function note({ name, title, system, kind, leg, setting }: RowNote): RowNote {
  return { name, title, system, kind, leg, setting, version: null };
}

/** Returns a histogram of `count` equal times, in microseconds. */
function times(microseconds: number, count: number) {
  const histogram = new Histogram();
  for (let made = 0; made < count; made += 1) histogram.record(microseconds);
  return histogram.encode();
}
