import type { Platform } from "../transports/contract.ts";
import { Backoff } from "./backoff.ts";

/** Spaces attempts: backs off, keeps still while there is no network, and lets itself be hurried. */
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

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) this.hurry();
    else this.#ring?.();
  }

  /** Cuts the present wait short, though never below what the server asked for. */
  hurry(): void {
    this.#due = Math.min(this.#due, this.#platform.now());
    this.#ring?.();
  }

  /**
   * Counts a failure and waits as long as is due; resolves early when the lifetime ends.
   * `announce` is told the ms still to wait, null while there is no network, whenever that changes.
   */
  async pause(retryAfterMs: number | undefined, announce: (inMs: number | null) => void): Promise<void> {
    const now = this.#platform.now();
    this.#notBefore = now + (retryAfterMs ?? 0);
    this.#due = now + this.#backoff.next(retryAfterMs);
    await this.ready(announce);
  }

  /** Waits as long as is still due and as there is no network. */
  async ready(announce: (inMs: number | null) => void): Promise<void> {
    while (!this.#signal.aborted) {
      const left = Math.max(this.#notBefore, this.#due) - this.#platform.now();
      if (this.#online && left <= 0) return;
      announce(this.#online ? Math.ceil(left) : null);
      await this.#wait(this.#online ? left : null);
    }
  }

  /** An attempt has succeeded. One whose success did not last is followed by waits of up to 1 s, however often. */
  succeeded(lasted: boolean): void {
    if (lasted) this.#backoff.reset();
    else this.#backoff.ease();
    this.#notBefore = 0;
    this.#due = 0;
  }

  async #wait(ms: number | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ring = resolve;
    const cancel = ms === null ? null : this.#platform.schedule(resolve, ms);
    await promise;
    cancel?.();
    this.#ring = null;
  }
}
