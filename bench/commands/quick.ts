import type { Effort } from "../contract.ts";

/** A useful whole picture in under a minute: fewer readers and rounds, so the intervals are wide. */
export const QUICK: Effort = {
  rounds: 3,
  roundsPerServer: null,
  seconds: 0.25,
  readers: 100,
  warmUp: 150,
  idle: [100, 300],
  idleSeconds: 2,
};

/** What `bench quick` asks, unless told otherwise. */
export const QUICK_ARGUMENTS: readonly string[] = ["--scenarios", "fanout,echo", "--systems", "skyrocket,ws,socket-io"];
