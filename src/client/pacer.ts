import type { Platform } from "../transports/contract.ts";
import { Backoff } from "./backoff.ts";

/** Spaces attempts: backs off, further while there may be no network, and can be hurried. */
export class Pacer {
  readonly #platform: Platform;
  readonly #signal: AbortSignal;
  readonly #backoff: Backoff;
  #online = true;
  /** Monotonic ms before which the server does not want to be asked. */
  #notBefore = 0;
  #due = 0;
  #ring: (() => void) | null = null;

  constructor(platform: Platform, signal: AbortSignal) {
    this.#platform = platform;
    this.#signal = signal;
    this.#backoff = new Backoff(() => platform.random());
    signal.addEventListener("abort", () => this.#ring?.(), { once: true });
  }

  /** Attempts that failed since the last success. */
  get failures(): number {
    return this.#backoff.failures;
  }

  /** Browsers are wrong about it at times, a server on this device needs no network: it only changes how long waits are. */
  get online(): boolean {
    return this.#online;
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) this.hurry();
  }

  /**
   * Something has changed for the better: ends the present wait, though not before the server wants to be asked, and
   * begins with short waits again.
   */
  hurry(): void {
    this.#backoff.ease();
    this.#due = Math.min(this.#due, this.#platform.now());
    this.#ring?.();
  }

  /**
   * Counts a failure and waits as long as is due; resolves early when the lifetime ends. Calls `announce` with the ms
   * still to wait.
   */
  async pause(retryAfterMs: number | undefined, announce: (inMs: number) => void): Promise<void> {
    const now = this.#platform.now();
    this.#notBefore = now + (retryAfterMs ?? 0);
    this.#due = now + this.#backoff.next(retryAfterMs, !this.#online);
    await this.ready(announce);
  }

  /** Waits as long as is still due. */
  async ready(announce: (inMs: number) => void): Promise<void> {
    while (!this.#signal.aborted) {
      const left = Math.max(this.#notBefore, this.#due) - this.#platform.now();
      if (left <= 0) return;
      announce(Math.ceil(left));
      await this.#wait(left);
    }
  }

  /** An attempt has succeeded. One whose success did not last is followed by waits of up to 1 s, however often. */
  succeeded(lasted: boolean): void {
    if (lasted) this.#backoff.reset();
    else this.#backoff.ease();
    this.#notBefore = 0;
    this.#due = 0;
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ring = resolve;
    const cancel = this.#platform.schedule(resolve, ms);
    await promise;
    cancel();
    this.#ring = null;
  }
}
