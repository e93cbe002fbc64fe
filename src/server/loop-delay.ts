import type { Clock } from "../clock.ts";

/** A look wakes an idle process: at ten a second that was half a millisecond of CPU each second, at four it is a fifth. */
const EVERY_MS = 250;
/** What a new look counts against all before it: at four a second, a stall is forgotten within some seconds. */
const WEIGHT = 0.25;
/** Each turn of the event loop takes so long that a heartbeat, a reply and a broadcast are all late by as much. */
const TOO_LATE_MS = 500;

/**
 * Looks four times a second how late the event loop is, as whatever comes at any moment would find it. A histogram of
 * such looks can be added up over servers and time, which Node's own `monitorEventLoopDelay` can't.
 */
export class LoopDelay {
  readonly #clock: Clock;
  readonly #looked: (delayMs: number) => void;
  #stop: () => void;
  #smoothedMs = 0;

  constructor(clock: Clock, looked: (delayMs: number) => void) {
    this.#clock = clock;
    this.#looked = looked;
    this.#stop = this.#lookLater();
  }

  /** The loop is late all the time, not only once. */
  get tooLate(): boolean {
    return this.#smoothedMs >= TOO_LATE_MS;
  }

  stop(): void {
    this.#stop();
  }

  #lookLater(): () => void {
    const begun = this.#clock.monotonicNow();
    return this.#clock.after(EVERY_MS, () => {
      const delayMs = Math.max(0, this.#clock.monotonicNow() - begun - EVERY_MS);
      this.#smoothedMs += WEIGHT * (delayMs - this.#smoothedMs);
      this.#looked(delayMs);
      this.#stop = this.#lookLater();
    });
  }
}
