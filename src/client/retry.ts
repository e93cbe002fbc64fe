import type { ProtocolError } from "../protocol/errors.ts";
import type { Platform } from "../transports/contract.ts";
import { hintMs } from "../transports/shared/client/incoming.ts";
import type { LinkEnd } from "./active-link.ts";
import type { ClosedBecause } from "./types.ts";

/** Timings of the client, in ms. Those that both ends share are in protocol/limits.ts. */
export const CLIENT_TIMINGS = {
  /** A message that is not acknowledged within this time has failed. */
  giveUpMs: 240_000,
  /** A link that is silent for this long before it is live is abandoned for the next transport. */
  proofMs: 3_000,
  /** The same if there is no other transport to try. */
  soloProofMs: 10_000,
  /** A stream that is silent for two heartbeats and this time is dead. */
  silenceGraceMs: 5_000,
  /** Upper bound of the heartbeat that a server may announce. With a longer one a dead stream would never be noticed. */
  longestHeartbeatMs: 120_000,
  backoffBaseMs: 500,
  backoffCapMs: 20_000,
  /** A link that ends sooner than this after its proof does not reset the backoff. */
  steadyMs: 1_000,
  /** While a better transport exists than the present one, it is tried this often. */
  probeEveryMs: 60_000,
  /** The same if it was live and then cut: another probe costs one or two reconnects. */
  probeCutMs: 600_000,
  /** Attempts to end the session before `leave()` fails. */
  leaveAttempts: 3,
} as const;

/** What to do after a link has ended. */
export type NextStep =
  | { readonly kind: "retry"; readonly retryAfterMs: number | undefined }
  /** The session is gone: open another one. */
  | { readonly kind: "renew" }
  /** This transport is refused for good. Another one may fare better. */
  | { readonly kind: "refused"; readonly error: ProtocolError }
  | { readonly kind: "close"; readonly because: ClosedBecause };

/**
 * Returns what to do after a link has ended this way. `newest`: this client opened no link with a higher number. If such
 * a link is superseded, another client did it.
 */
export function nextStep(end: LinkEnd, newest: boolean): NextStep {
  const superseded: NextStep = newest
    ? { kind: "close", because: { kind: "superseded" } }
    : { kind: "retry", retryAfterMs: undefined };
  switch (end.kind) {
    case "stopped":
    case "lost":
      return { kind: "retry", retryAfterMs: undefined };
    case "refused":
      return stepAfterRefusal(end.error, superseded);
    case "bye":
      switch (end.bye.reason) {
        case "superseded":
          return superseded;
        case "left":
          return { kind: "close", because: { kind: "left" } };
        case "expired":
          return { kind: "close", because: { kind: "expired" } };
        case "drain":
        case "slow_consumer":
          return { kind: "retry", retryAfterMs: hintMs(end.bye.retryAfterMs) };
      }
  }
}

function stepAfterRefusal(error: ProtocolError, superseded: NextStep): NextStep {
  if (isSessionGone(error)) return { kind: "renew" };
  if (error.code === "superseded") return superseded;
  return error.retry ? { kind: "retry", retryAfterMs: error.retryAfterMs } : { kind: "refused", error };
}

export function isSessionGone({ code }: Pick<ProtocolError, "code">): boolean {
  return code === "session_unknown" || code === "session_missing";
}

export function refusedBecause({ code, message }: ProtocolError): ClosedBecause {
  return { kind: "refused", code, message };
}

/** Exponential backoff with full jitter, so that clients that were cut together do not reconnect together. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Failures since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure. Returns the wait in ms, at least `retryAfterMs`. With `slow`, the ceiling is at its cap at once. */
  next(retryAfterMs = 0, slow = false): number {
    const { backoffBaseMs, backoffCapMs } = CLIENT_TIMINGS;
    const ceiling = slow ? backoffCapMs : Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    // The jitter is added on top: all clients of a draining server get the same Retry-After.
    return Math.round(retryAfterMs + this.#random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }

  /** Forgets all failures but one. */
  ease(): void {
    this.#failures = Math.min(this.#failures, 1);
  }
}

/** Spaces attempts by a backoff. Waits are longer while there may be no network, and `retryNow` ends them. */
export class RetryTimer {
  readonly #platform: Platform;
  readonly #signal: AbortSignal;
  readonly #backoff: Backoff;
  #online = true;
  /** Monotonic ms before which the server does not accept an attempt. */
  #notBefore = 0;
  /** Monotonic ms at which the next attempt is due. */
  #due = 0;
  #wake: (() => void) | null = null;

  constructor(platform: Platform, signal: AbortSignal) {
    this.#platform = platform;
    this.#signal = signal;
    this.#backoff = new Backoff(() => platform.random());
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  /** Attempts that failed since a link last lasted. A link that soon ended leaves one. */
  get failures(): number {
    return this.#backoff.failures;
  }

  /** What the browser reports. It only affects the length of waits: it may be wrong, and localhost needs no network. */
  get online(): boolean {
    return this.#online;
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) this.retryNow();
  }

  /** Ends the present wait, though not before the server accepts an attempt, and makes the next waits short again. */
  retryNow(): void {
    this.#backoff.ease();
    this.#due = Math.min(this.#due, this.#platform.clock.monotonicNow());
    this.#wake?.();
  }

  /** Counts a failed attempt and schedules the next one, at least `retryAfterMs` from now. */
  failed(retryAfterMs: number | undefined): void {
    const now = this.#platform.clock.monotonicNow();
    this.#notBefore = now + (retryAfterMs ?? 0);
    this.#due = now + this.#backoff.next(retryAfterMs, !this.#online);
  }

  /** Counts a successful attempt. If its link did not last, the next waits are short but never zero. */
  succeeded(lasted: boolean): void {
    if (lasted) this.#backoff.reset();
    else this.#backoff.ease();
    this.#notBefore = 0;
    this.#due = 0;
  }

  /** Resolves when the next attempt is due, or when the signal is aborted. Calls `waiting` with the ms that are left. */
  async ready(waiting: (inMs: number) => void): Promise<void> {
    while (!this.#signal.aborted) {
      const left = Math.max(this.#notBefore, this.#due) - this.#platform.clock.monotonicNow();
      if (left <= 0) return;
      waiting(Math.ceil(left));
      await this.#sleep(left);
    }
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const cancel = this.#platform.clock.after(ms, resolve);
    await promise;
    cancel();
    this.#wake = null;
  }
}
