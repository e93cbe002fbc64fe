import type { Reading, Scenario, Stage } from "../contract.ts";
import { Histogram } from "../statistics/histogram.ts";
import { CPU } from "./metrics.ts";
import { holdsOn, openReaders, warmUp } from "./readers.ts";
import { measureWindow, readingOf } from "./window.ts";

/** What stays as it is while one of the three changes. */
const READERS = 100;
const PER_SECOND = 20;

/** Broadcasts. */
const WARM_UP_OF_MORE = 100;
const FEW_READERS = 50;
const MORE_READERS = [200, 500, 1_000];
const PAYLOADS = [32, 140, 1_024, 3_900];
const RATES = [10, 50, 200];
const FEWEST_MESSAGES = 10;
/** Stands for what people use instead. */
const PEER = "socket-io-websocket";

export const slope: Scenario = {
  name: "slope",
  title: "Slopes",
  question: `How do CPU per delivery and latency change with the number of readers, the length of the text and the rate? One of the three changes, the others stay at ${READERS} readers, ${PER_SECOND} messages a second and the usual text; messages go out on a schedule, and latency counts from the intended time of sending. The floors, Skyrocket's own transports that hold on, and one peer.`,
  metrics: [
    CPU,
    { name: "p50", title: "p50", unit: "µs", better: "lower" },
    { name: "p99", title: "p99", unit: "µs", better: "lower" },
  ],
  lifecycle: "fresh",
  together: 1,
  adapt: (effort) => ({ ...effort, rounds: Math.min(effort.rounds, 3), readers: READERS }),
  applies: (row) => (row.kind !== "peer" || row.name === PEER) && holdsOn(row),
  measure: async (stage) => {
    const readings: Reading[] = [];
    let open = 0;
    const openUpTo = async (readers: number): Promise<void> => {
      await openReaders(stage, readers - open, false);
      // Once for the server's code, which is as warm from then on; again for the connections that are new.
      await warmUp(stage, open === 0 ? stage.effort.warmUp : WARM_UP_OF_MORE);
      open = readers;
    };
    await openUpTo(FEW_READERS);
    readings.push(await at(stage, `${FEW_READERS} readers`, {}));
    await openUpTo(READERS);
    for (const textBytes of PAYLOADS) readings.push(await at(stage, `${textBytes} bytes`, { textBytes }));
    for (const perSecond of RATES) readings.push(await at(stage, `${perSecond}/s`, { perSecond }));
    for (const readers of MORE_READERS) {
      await openUpTo(readers);
      readings.push(await at(stage, `${readers} readers`, {}));
    }
    return readings;
  },
};

async function at(stage: Stage, point: string, { perSecond = PER_SECOND, textBytes = 0 }): Promise<Reading> {
  const messages = Math.max(FEWEST_MESSAGES, Math.round(stage.effort.seconds * perSecond));
  const program = { kind: "schedule", messages, perSecond, textBytes, disturbance: null } as const;
  const window = await measureWindow(stage, program, perSecond);
  const latency = Histogram.decode(window.seen.latency);
  return readingOf(point, window, {
    cpu: window.cpu.total,
    p50: latency.percentile(50),
    p99: latency.percentile(99),
  });
}
