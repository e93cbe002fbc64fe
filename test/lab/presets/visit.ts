import type { RunLane } from "../../../lab/engine/run.ts";
import { createLab, type Lab } from "../../../lab/page/model/lab.ts";
import { fetchInfo } from "../../../lab/page/model/lab-host.ts";
import { type LaneLedger, ledgerAt } from "../../../lab/page/model/lane-meter.ts";
import { lastUntil, type Trouble } from "../../../lab/page/model/run-records.ts";
import { openNaive } from "../../../lab/page/naive/naive-clients.ts";
import { defaultPlatform } from "../../../src/client/index.ts";
import { systemClock } from "../../../src/clock.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { until } from "../../support/wait.ts";

/** Only the timeout of a long poll is in this range: a hold of 25 s minus at most a tenth, plus 10 s. */
const POLL_PATIENCE_MS = [32_500, 35_000] as const;
/** Replaces it: while messages are sent, polls are answered several times per second. */
const QUICK_PATIENCE_MS = 6_000;

/** A lane's ledger and state. */
export interface Standing extends LaneLedger {
  readonly state: string;
  readonly gaps: number;
}

/** The lab page without its views: the same lanes, ledger and weather, in Node. */
export interface Visit extends Disposable {
  readonly lab: Lab;
  standing(lane: RunLane): Standing;
  /** Returns the faults of a lane's connections. */
  faults(lane: RunLane): ReadonlySet<string>;
  /** Returns a lane's cuts, and how its client recovered. */
  troubles(lane: RunLane): readonly Trouble[];
  /** Resolves when every lane's client is live. */
  live(): Promise<void>;
}

/** Opens the lab page's model. `preset` is its initial weather. */
export function visit(server: URL, seed: number, naive: boolean, preset: string | null = null): Visit {
  const control = new URL("/lab/control", server.href.replace("http", "ws"));
  const transports = clientTransports.toReversed();
  const lab = createLab(
    {
      platform: defaultPlatform({
        clock: {
          ...systemClock,
          after(ms, task) {
            const [least, most] = POLL_PATIENCE_MS;
            return systemClock.after(ms >= least && ms <= most ? QUICK_PATIENCE_MS : ms, task);
          },
        },
      }),
      server,
      transports,
      clock: systemClock,
      openNaive,
      open: () => new WebSocket(control),
      newRoom: () => `presets-${crypto.randomUUID()}`,
      info: () => fetchInfo(server),
    },
    { preset, seed, naive: naive ? transports.map(({ name }) => name) : [], speaker: null },
  );
  const standing = (lane: RunLane): Standing => {
    lab.playback.playhead.follow();
    const at = lab.playback.playhead.at.peek();
    const { client } = lab.playback.runIndex.peek().lane(lane.lane);
    const state = lastUntil(client.states, at)?.state ?? "not begun";
    return { ...ledgerAt(lab.playback.runIndex.peek(), lane, at), state, gaps: client.gaps.length };
  };
  return {
    lab,
    standing,
    faults: ({ lane }) =>
      new Set(
        lab.playback.runIndex
          .peek()
          .lane(lane)
          .client.faults.map(({ what }) => what),
      ),
    troubles: ({ lane }) => lab.playback.runIndex.peek().lane(lane).client.troubles,
    async live() {
      for (const lane of lab.lanes.peek()) {
        await until(`${lane.transport} to be live`, () => standing(lane).state === "live");
      }
    },
    [Symbol.dispose]: () => lab.close(),
  };
}
