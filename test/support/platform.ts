import { systemClock } from "../../src/clock.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";
import type { Platform } from "../../src/transports/contract.ts";
import { PATIENCE_MS } from "./wait.ts";

/** Interval of short polls in tests, in ms. The usual 2 s would only make tests slower. */
const QUICK_POLL_MS = 40;

/**
 * Returns the real platform with three changes: short polls are more frequent, `random` may be replaced, and requests have
 * a long deadline, so that a busy machine is not mistaken for a broken network.
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
