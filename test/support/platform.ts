import { systemClock } from "../../src/clock.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";
import type { Platform } from "../../src/transports/contract.ts";
import { PATIENCE_MS } from "./wait.ts";

/** How often a short poller asks in tests, in ms: what takes 2 s between polls would only take the suite's time. */
const QUICK_POLL_MS = 40;

/**
 * The real world, but for the pause between short polls, for chance, which `random` may replace, and for the deadline of
 * requests: a busy machine is no broken network.
 */
export function testPlatform(random: () => number = Math.random): Platform {
  return {
    fetch: globalThis.fetch,
    WebSocket: globalThis.WebSocket,
    origin: undefined,
    clock: {
      ...systemClock,
      after: (ms, task) => systemClock.after(ms === TIMINGS.shortPollEveryMs ? QUICK_POLL_MS : ms, task),
    },
    random,
    requestMs: PATIENCE_MS,
  };
}
