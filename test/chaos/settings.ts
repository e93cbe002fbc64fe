import { seeded } from "../../lab/engine/proxy/random.ts";
import { type Settings, UNLIMITED } from "../../src/chat/settings.ts";
import { systemClock } from "../../src/clock.ts";
import type { Platform } from "../../src/transports/contract.ts";

/**
 * How many times faster time runs for the clients of a run. Noticing a silent server, or reconnecting after many failures,
 * takes a quarter of its usual time.
 */
export const TIME_SCALE = 4;

/** The server's durations, shortened as its clients' are. Counts and sizes keep their defaults. */
export const CHAOS_SETTINGS: Partial<Settings> = {
  ...UNLIMITED,
  heartbeatMs: 1_000,
  lingerMs: 4_000,
  renewMs: 2_500,
  outageHoldMs: 7_500,
  supersedeMs: 1_250,
  slowMs: 2_500,
  byeMs: 1_250,
  pingMs: 3_000,
  pongTimeoutMs: 3_000,
  aliveGraceMs: 11_250,
  drainMs: 3_000,
  unreadMs: 7_500,
  // No event may be evicted while a reader is away: then every event that it misses is a loss, and no gap excuses it.
  replayEvents: 100_000,
  replayBytes: 64 * 1_048_576,
};

/** Backoff uses full jitter. This share of its range keeps members connected more of the time than they wait. */
const JITTER_SHARE = 0.3;

/** A platform on which time runs `TIME_SCALE` times faster, with randomness of its own. */
export function scaledPlatform(seed: number): Partial<Platform> {
  const random = seeded(seed);
  return {
    clock: {
      wallNow: systemClock.wallNow,
      monotonicNow: () => systemClock.monotonicNow() * TIME_SCALE,
      after: (ms, task) => systemClock.after(ms / TIME_SCALE, task),
    },
    random: () => JITTER_SHARE * random(),
    // A poll states its hold in the client's time; the server counts in real time.
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const hold = url.searchParams.get("hold");
      if (hold !== null) url.searchParams.set("hold", String(Math.round(Number(hold) / TIME_SCALE)));
      return fetch(url, init);
    },
  };
}
