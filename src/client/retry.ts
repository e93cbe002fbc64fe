import { ProtocolError } from "../protocol/errors.ts";
import type { Bye } from "../protocol/events.ts";
import type { Platform } from "../transports/contract.ts";
import { hintMs } from "../transports/shared/client/incoming.ts";
import type { ClosedBecause } from "./types.ts";

/** How a link ended. */
export type LinkEnd =
  | { readonly kind: "stopped" }
  | { readonly kind: "bye"; readonly bye: Bye }
  | { readonly kind: "refused"; readonly error: ProtocolError }
  | { readonly kind: "lost"; readonly error: Error };

/** What follows from it. */
export type Verdict =
  | { readonly kind: "retry"; readonly retryAfterMs: number | undefined }
  /** The session is gone; another one must be opened. */
  | { readonly kind: "renew" }
  /** This transport, or this way to the server, is refused for good; another transport may fare better. */
  | { readonly kind: "refused"; readonly error: ProtocolError }
  | { readonly kind: "close"; readonly because: ClosedBecause };

export function endOf(error: unknown): Extract<LinkEnd, { error: Error }> {
  if (error instanceof ProtocolError) return { kind: "refused", error };
  return { kind: "lost", error: error instanceof Error ? error : new Error(String(error)) };
}

/** `newest`: no link with a higher number was opened here; if such a one is superseded, another client did it. */
export function judge(end: LinkEnd, newest: boolean): Verdict {
  const superseded: Verdict = newest
    ? { kind: "close", because: { kind: "superseded" } }
    : { kind: "retry", retryAfterMs: undefined };
  switch (end.kind) {
    case "stopped":
    case "lost":
      return { kind: "retry", retryAfterMs: undefined };
    case "refused":
      return judgeRefusal(end.error, superseded);
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

function judgeRefusal(error: ProtocolError, superseded: Verdict): Verdict {
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

/** How long to wait before trying again: full jitter, so that clients cut at once don't come back at once. */
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

  /** Counts a failure; the wait after it in ms, never shorter than the server asked for. `slow`: at the cap already. */
  next(retryAfterMs = 0, slow = false): number {
    const { backoffBaseMs, backoffCapMs } = CLIENT_TIMINGS;
    const ceiling = slow ? backoffCapMs : Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    // The jitter comes on top: all clients of a draining server are told the same Retry-After.
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

/** The client's own numbers, in ms. Those both ends share are in protocol/limits.ts. */
export const CLIENT_TIMINGS = {
  /** A message without an answer for so long has failed. */
  giveUpMs: 240_000,
  /** A link that is silent for so long before it is live makes way for the next transport in the row. */
  proofMs: 3_000,
  /** The same where there is no other transport to try. */
  soloProofMs: 10_000,
  /** On top of two heartbeats: a stream that is silent for longer is dead. */
  silenceGraceMs: 5_000,
  /** A server that names a longer heartbeat is not believed: a dead stream would never be noticed. */
  longestHeartbeatMs: 120_000,
  backoffBaseMs: 500,
  backoffCapMs: 20_000,
  /** A link that ends sooner than this after its proof has not lasted: waits don't begin anew. */
  steadyMs: 1_000,
  /** While on a worse transport than there could be, a better one is tried this often. */
  improveEveryMs: 60_000,
  /** The same where a better one was live and then cut: to find out once more costs a reconnection or two. */
  improveCutMs: 600_000,
  /** Leaving is tried this often before the client closes without the server's word. */
  leaveAttempts: 3,
} as const;
