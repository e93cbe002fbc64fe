import type { ShippedFacts, ShippedName } from "../../public/lab/replay/shipped.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";

/** What happens in a run: so many messages at one a second, and weather that comes and goes. */
export interface Script {
  /** What the race's address asks for. */
  readonly query: string;
  readonly messages: number;
  /** A preset, from the message with this number to the one with that; then it is calm again. */
  readonly weather: { readonly preset: string; readonly from: number; readonly to: number } | null;
  /** Throws where the run does not show what it is there to show. */
  check(facts: ShippedFacts): void;
}

/** By this seed the first three connections of a lane are dead, and the lanes stalled, within seven seconds. */
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
    throw new Error(`Messages are still on their way at the end: ${JSON.stringify(lanes)}`);
}

function lossless(facts: ShippedFacts): void {
  const { lanes } = facts;
  settled(facts);
  if (lanes.some(({ lost }) => lost > 0)) throw new Error(`A lane has lost messages: ${JSON.stringify(lanes)}`);
}

function lossy(facts: ShippedFacts): void {
  const { lanes } = facts;
  settled(facts);
  if (lanes.some(({ lost }) => lost === 0))
    throw new Error(`A naive lane has lost nothing, record it again: ${JSON.stringify(lanes)}`);
}
