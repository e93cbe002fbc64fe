import { TIMINGS } from "../../src/protocol/limits.ts";
import type { Platform } from "../../src/transports/contract.ts";

/** How often a short poller asks in tests, in ms: what takes 2 s between polls would only take the suite's time. */
const QUICK_POLL_MS = 40;

/** The real world, but for the pause between short polls and for chance, which `random` may replace. */
export function testPlatform(random: () => number = Math.random): Platform {
  return {
    fetch: globalThis.fetch,
    WebSocket: globalThis.WebSocket,
    origin: undefined,
    now: () => performance.now(),
    wallNow: () => Date.now(),
    random,
    schedule: (task, ms) => {
      const timer = setTimeout(task, ms === TIMINGS.shortPollEveryMs ? QUICK_POLL_MS : ms);
      return () => clearTimeout(timer);
    },
  };
}
