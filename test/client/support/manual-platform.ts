import type { Platform } from "../../../src/transports/contract.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** Lets everything run that needs neither time nor the network. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

class SettlingClock extends ManualClock {
  override turn(): Promise<void> {
    return settle();
  }
}

/** A client's environment whose clock moves only when the test advances it, and whose random number is fixed. */
export class ManualPlatform implements Platform {
  readonly WebSocket = undefined;
  readonly origin = undefined;
  readonly clock = new SettlingClock(1_000);
  fetch: typeof globalThis.fetch = () => Promise.reject(new TypeError("nobody answers in this test"));
  chance = 0.5;
  requestMs?: number;

  readonly random = (): number => this.chance;

  /** How many timers are pending. */
  get pending(): number {
    return this.clock.pending;
  }

  /** Ms until each pending timer fires, soonest first. */
  get waits(): number[] {
    return this.clock.waits;
  }

  /** Moves the clock by `ms`. Each timer that falls due fires at its own time. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }
}
