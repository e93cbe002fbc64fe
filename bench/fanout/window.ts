import type { Generator } from "../generator/client.ts";
import type { Seen } from "../generator/messages.ts";
import type { ServerProcess } from "../measure/child.ts";
import { cpuBetween } from "../measure/cpu.ts";
import type { Row } from "./rows.ts";
import { type Invalid, judge } from "./validity.ts";

/** One row's window in one round. CPU in microseconds per delivery. */
export interface Sample {
  readonly row: string;
  readonly cpu: number;
  readonly user: number;
  readonly system: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  readonly seen: Seen;
  readonly invalid: Invalid | null;
  /** Begin and end on the clock all processes share (CLOCK_MONOTONIC), in microseconds: finds the window in a CPU profile. */
  readonly span: readonly [number, number];
}

export interface Opened {
  readonly row: Row;
  readonly server: ServerProcess;
}

/** Share of a window that is run before it and dropped. */
const LEAD_IN = 0.2;

/** Measures one window: the server's CPU time from the first broadcast until the last reader has the last one. */
export async function measureWindow(
  generator: Generator,
  opened: Opened,
  seconds: number,
  pace: number,
): Promise<Sample> {
  const { row, server } = opened;
  const perSecond = row.perSecond * pace;
  const broadcasts = Math.max(1, Math.round(seconds * perSecond));
  const order = { type: "run", row: row.name, perSecond } as const;
  const leadIn = await generator.run({ ...order, broadcasts: Math.ceil(broadcasts * LEAD_IN) });
  const begin = monotonic();
  const before = await server.cpuTime();
  const seen = await generator.run({ ...order, broadcasts });
  const cpu = cpuBetween(before, await server.cpuTime());
  return {
    row: row.name,
    cpu: cpu.total / seen.deliveries,
    user: cpu.user / seen.deliveries,
    system: cpu.system / seen.deliveries,
    bytesDown: seen.bytesDown / seen.deliveries,
    bytesUp: seen.bytesUp / seen.deliveries,
    seen,
    // What the dropped part lost is lost all the same.
    invalid: faultsOf(leadIn, perSecond) ?? judge(seen, perSecond),
    span: [begin, monotonic()],
  };
}

function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

function faultsOf(seen: Seen, perSecond: number): Invalid | null {
  const invalid = judge(seen, perSecond);
  return invalid?.kind === "faults" ? invalid : null;
}
