import { type Settings, UNLIMITED } from "../../src/chat/settings.ts";

/**
 * How many times faster time runs for the clients of the run: what takes them a minute in life, such as noticing a silent
 * server or coming back after many failures, takes a quarter of it.
 */
export const HURRY = 4;

/** The server's own times, shortened as those of its clients are. What they count by is left as it is. */
export const CHAOS_SETTINGS: Partial<Settings> = {
  ...UNLIMITED,
  heartbeatMs: 1_000,
  lingerMs: 4_000,
  supersedeMs: 1_250,
  slowMs: 2_500,
  byeMs: 1_250,
  probeMs: 3_000,
  probeGraceMs: 3_000,
  aliveGraceMs: 11_250,
  drainMs: 3_000,
  unreadMs: 7_500,
  // Nothing may be evicted while a reader is away: what a reader then misses is lost, and no gap excuses it.
  replayEvents: 100_000,
  replayBytes: 64 * 1_048_576,
};
