/** The runs that the replay page ships with: what happens in each, and the facts the page shows before it is opened. */

import { openRunFile } from "../lab/engine/run-file.ts";
import { ledgerAt } from "../lab/page/model/lane-meter.ts";
import { createReplay } from "../lab/page/model/playback.ts";
import type { ShippedFacts, ShippedName } from "../lab/page/replay/shipped-runs.ts";
import { clientTransports } from "../src/transports/registry.client.ts";

/** What happens in a run: a number of messages, one per second, and a change of the weather. */
export interface Script {
  /** The query of the race page's address. */
  readonly query: string;
  readonly messages: number;
  /** A preset that starts with one message and ends with another; the weather is calm otherwise. */
  readonly weather: { readonly preset: string; readonly from: number; readonly to: number } | null;
  /** Throws if the run does not show what it should. */
  check(facts: ShippedFacts): void;
}

/** With this seed the first three connections of a lane die, and the lanes stall, within seven seconds. */
const SEED = 718;
const TUNNEL = { messages: 20, weather: { preset: "train-tunnel", from: 3, to: 11 } } as const;
const EVERY = clientTransports.map(({ name }) => name).join(",");

export const SCRIPTS: Readonly<Record<ShippedName, Script>> = {
  calm: { query: "?rate=1", messages: 10, weather: null, check: lossless },
  tunnel: { query: `?rate=1&seed=${SEED}`, ...TUNNEL, check: lossless },
  naive: { query: `?rate=1&seed=${SEED}&naive=${EVERY}`, ...TUNNEL, check: lossy },
};

function settled({ lanes }: ShippedFacts): void {
  if (lanes.some(({ sent, received, lost }) => sent !== received + lost))
    throw new Error(`Messages are still in flight at the end: ${JSON.stringify(lanes)}`);
}

function lossless(facts: ShippedFacts): void {
  const { lanes } = facts;
  settled(facts);
  if (lanes.some(({ lost }) => lost > 0)) throw new Error(`A lane lost messages: ${JSON.stringify(lanes)}`);
}

function lossy(facts: ShippedFacts): void {
  const { lanes } = facts;
  settled(facts);
  if (lanes.some(({ lost }) => lost === 0))
    throw new Error(`A naive lane lost nothing, record the run again: ${JSON.stringify(lanes)}`);
}

/** Returns what the page shows of a run's file before it is opened. Throws a RunFileError if it isn't one. */
export function factsOf(text: string): ShippedFacts {
  const { run, runIndex, playhead } = createReplay(openRunFile(text));
  const lanes = run.peek().lanes.map((lane) => {
    const { sent, received, lost } = ledgerAt(runIndex.peek(), lane, playhead.end());
    return { transport: lane.transport, sent, received, lost };
  });
  const durationMs = Math.round(playhead.end() - playhead.start());
  return { durationMs, bytes: Buffer.byteLength(text), lanes };
}
