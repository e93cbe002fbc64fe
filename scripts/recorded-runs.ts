/** The runs that the replay page ships with: what happens in each, and the facts the page shows before it is opened. */

import { openRunFile } from "../lab/engine/run-file.ts";
import { ledgerAt } from "../lab/page/model/lane-meter.ts";
import { createReplay } from "../lab/page/model/playback.ts";
import type { ShippedFacts, ShippedName } from "../lab/page/replay/shipped-runs.ts";
import { clientTransports } from "../src/transports/registry.client.ts";

/** What happens in a run: a number of messages, one per second, and what is pressed meanwhile. */
export interface Script {
  /** The query of the race page's address. */
  readonly query: string;
  readonly messages: number;
  readonly steps: readonly Step[];
  /** Null: a single server. Else under `npm run cluster`, with the streams of these transports at these nodes (1, 2 or 3). */
  readonly nodes: Readonly<Record<string, number>> | null;
  /** Throws if the run does not show what it should. */
  check(facts: ShippedFacts): void;
}

/** Presses a button when this many messages have been sent. */
interface Step {
  readonly after: number;
  /** The button's selector. What it names is waited for. */
  readonly press: string;
}

/** With this seed the first three connections of a lane die, and the lanes stall, within seven seconds. */
const SEED = 718;
const TUNNEL = {
  messages: 20,
  steps: [
    { after: 3, press: '[data-preset="train-tunnel"]' },
    { after: 11, press: '[data-preset="calm"]' },
  ],
  nodes: null,
} as const;
const EVERY = clientTransports.map(({ name }) => name).join(",");

export const SCRIPTS: Readonly<Record<ShippedName, Script>> = {
  calm: { query: "?rate=1", messages: 10, steps: [], nodes: null, check: lossless },
  tunnel: { query: `?rate=1&seed=${SEED}`, ...TUNNEL, check: lossless },
  naive: { query: `?rate=1&seed=${SEED}&naive=${EVERY}`, ...TUNNEL, check: lossy },
  nodes: {
    // The sender's own node is neither killed nor cut off.
    query: "?rate=1&from=websocket",
    messages: 18,
    steps: [
      { after: 3, press: '[data-node="2"]:has([data-holds="long-polling"]) button:has-text("Kill")' },
      { after: 7, press: '[data-node="2"] button:has-text("Start again")' },
      { after: 10, press: '[data-node="3"] button:has-text("Cut from Redis")' },
      { after: 15, press: '[data-node="3"] button:has-text("Reconnect")' },
    ],
    nodes: { websocket: 1, sse: 3 },
    check: lossless,
  },
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
