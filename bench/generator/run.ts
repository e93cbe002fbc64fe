import { monitorEventLoopDelay } from "node:perf_hooks";
import { broadcast, type Pace } from "./broadcast.ts";
import type { Crew } from "./crew.ts";
import type { Seen } from "./messages.ts";

/** Makes one run of broadcasts and says what came of it, and how busy the generator itself was. */
export async function run(crew: Crew, pace: Pace): Promise<Seen> {
  const before = snapshot(crew);
  const faultsBefore = crew.ledger.faults();
  const cpuBefore = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: 2 });
  const start = performance.now();
  delay.enable();
  const late = await broadcast(crew, pace);
  delay.disable();
  const elapsedMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const after = snapshot(crew);
  const faults = crew.ledger.faults();
  return {
    broadcasts: pace.broadcasts,
    deliveries: after.deliveries - before.deliveries,
    lost: faults.lost - faultsBefore.lost,
    doubled: faults.doubled - faultsBefore.doubled,
    reordered: faults.reordered - faultsBefore.reordered,
    bytesDown: after.bytesDown - before.bytesDown,
    bytesUp: after.bytesUp - before.bytesUp,
    elapsedMs,
    late,
    generatorCpu: (cpu.user + cpu.system) / 1_000 / elapsedMs,
    generatorDelayMs: delay.percentile(99) / 1_000_000,
  };
}

function snapshot({ ledger, readers }: Crew): { deliveries: number; bytesDown: number; bytesUp: number } {
  let bytesDown = 0;
  let bytesUp = 0;
  for (const reader of readers) {
    bytesDown += reader.bytesRead;
    bytesUp += reader.bytesWritten;
  }
  return { deliveries: ledger.deliveries, bytesDown, bytesUp };
}
