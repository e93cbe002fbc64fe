import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Crew } from "./crew.ts";
import { disturbedOf } from "./disturbance.ts";
import type { Program, Seen } from "./messages.ts";
import { echo } from "./programs/echo.ts";
import { lockstep } from "./programs/lockstep.ts";
import { schedule } from "./programs/schedule.ts";
import { STORM_MESSAGES, storm } from "./programs/storm.ts";
import { wait } from "./programs/wait.ts";
import { Recorder } from "./recorder.ts";

/** How often the delay is looked at. Node counts this time into every delay it tells; it is taken out again. */
const RESOLUTION_MS = 2;

/** What a program tells beside what is counted anyway. */
type Told = Pick<Seen, "late" | "backMs" | "backlog">;

const NOTHING: Told = { late: 0, backMs: {}, backlog: { middle: 0, end: 0 } };

/** Carries out one program and says what came of it, and how busy the generator itself was. */
export async function run(crew: Crew, program: Program, patienceMs: number): Promise<Seen> {
  const messages = messagesOf(program);
  const disturbed = program.kind === "schedule" ? disturbedOf(crew.members.length, program.disturbance) : 0;
  const recorder = new Recorder(crew.ledger.published + 1, messages, crew.members.length, disturbed);
  crew.recorder = recorder;
  const before = snapshot(crew);
  const faultsBefore = crew.ledger.faults();
  const cpuBefore = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const start = performance.now();
  delay.enable();
  const told = await perform(crew, recorder, program, patienceMs).finally(() => delay.disable());
  const elapsedMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const after = snapshot(crew);
  const faults = crew.ledger.faults();
  return {
    ...told,
    messages,
    deliveries: after.deliveries - before.deliveries,
    lost: faults.lost - faultsBefore.lost,
    doubled: faults.doubled - faultsBefore.doubled,
    reordered: faults.reordered - faultsBefore.reordered,
    bytesDown: after.bytesDown - before.bytesDown,
    bytesUp: after.bytesUp - before.bytesUp,
    reads: after.reads - before.reads,
    reopened: after.reopened - before.reopened,
    elapsedMs,
    latency: recorder.latency.encode(),
    lastLatency: recorder.lastLatency.encode(),
    disturbedLatency: recorder.disturbedLatency.encode(),
    generatorCpu: (cpu.user + cpu.system) / 1_000 / elapsedMs,
    generatorDelayMs: Math.max(0, delay.percentile(99) / 1_000_000 - RESOLUTION_MS),
  };
}

function messagesOf(program: Program): number {
  switch (program.kind) {
    case "lockstep":
      return program.turns * program.together;
    case "schedule":
    case "echo":
      return program.messages;
    case "storm":
      return STORM_MESSAGES;
    case "wait":
      return 0;
  }
}

async function perform(crew: Crew, recorder: Recorder, program: Program, patienceMs: number): Promise<Told> {
  switch (program.kind) {
    case "lockstep":
      return { ...NOTHING, late: await lockstep(crew, recorder, program, patienceMs) };
    case "schedule":
      return { ...NOTHING, backlog: await schedule(crew, recorder, program, patienceMs) };
    case "echo":
      await echo(crew, recorder, program, patienceMs);
      return NOTHING;
    case "storm":
      return { ...NOTHING, backMs: await storm(crew, recorder, program) };
    case "wait":
      await wait(crew, program);
      return NOTHING;
  }
}

function snapshot({ ledger, members }: Crew) {
  const sums = { bytesDown: 0, bytesUp: 0, reads: 0, reopened: 0 };
  for (const { bytesRead, bytesWritten, reads, reopened } of members) {
    sums.bytesDown += bytesRead;
    sums.bytesUp += bytesWritten;
    sums.reads += reads;
    sums.reopened += reopened;
  }
  return { deliveries: ledger.deliveries, ...sums };
}
