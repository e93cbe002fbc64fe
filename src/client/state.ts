import type { ErrorCode } from "../protocol/errors.ts";
import { LinkError, type Platform } from "../transports/contract.ts";
import { within } from "../transports/shared/client/http.ts";
import type { LinkEnd } from "./active-link.ts";
import { CLIENT_TIMINGS } from "./retry.ts";
import type { ClosedBecause, ConnectionState, ConnectionTrouble, LiveSince, PassedOver } from "./types.ts";

/** Turns what happens to the connection into the public `ConnectionState`. */
export class Status {
  readonly #state = new ObservableState({ kind: "connecting", transport: null });
  readonly #roundTrips = new RoundTrips();
  #wasLive = false;
  /** The latest problem; null once a link is live. */
  #trouble: ConnectionTrouble | null = null;

  get current(): ConnectionState {
    return this.#state.current;
  }

  watch(listener: (state: ConnectionState) => void): () => void {
    return this.#state.watch(listener);
  }

  /** Shows that nothing is live, and that the next attempt is due in `inMs` or in progress (0). */
  waiting(transport: string, inMs: number, failures: number): void {
    const because = this.#trouble === null ? {} : { because: this.#trouble };
    if (!this.#wasLive && failures === 0 && inMs === 0) this.#state.set({ kind: "connecting", transport, ...because });
    else this.#state.set({ kind: "reconnecting", transport, inMs, attempt: Math.max(1, failures), ...because });
  }

  get trouble(): ConnectionTrouble | null {
    return this.#trouble;
  }

  /** Records a problem. Shows it at once if `now`, otherwise with the next change. */
  troubled(because: ConnectionTrouble, now = false): void {
    this.#trouble = because;
    const state = this.#state.current;
    if (now && (state.kind === "connecting" || state.kind === "reconnecting")) this.#state.set({ ...state, because });
  }

  /** Shows the live link, and the transport being tried beside it. */
  live(transport: string, since: LiveSince, passedOver: readonly PassedOver[], switchingTo: string | null): void {
    const before = this.#state.current;
    this.#wasLive = true;
    this.#trouble = null;
    // Round trips on another transport do not predict those on this one.
    if (before.kind !== "live" || before.transport !== transport) this.#roundTrips.clear();
    const others = passedOver.length === 0 ? {} : { passedOver };
    const roundTripMs = this.#roundTrips.median;
    this.#state.set({ kind: "live", transport, since, switchingTo, roundTripMs, ...others });
  }

  roundTrip(ms: number): void {
    this.#roundTrips.add(ms);
    const state = this.#state.current;
    const roundTripMs = this.#roundTrips.median;
    if (state.kind === "live" && state.roundTripMs !== roundTripMs) this.#state.set({ ...state, roundTripMs });
  }

  closed(because: ClosedBecause): void {
    this.#state.set({ kind: "closed", because });
  }
}

/** A connection's state and its listeners. `closed` is final. */
export class ObservableState {
  #current: ConnectionState;
  readonly #listeners = new Set<(state: ConnectionState) => void>();

  constructor(first: ConnectionState) {
    this.#current = first;
  }

  get current(): ConnectionState {
    return this.#current;
  }

  /** Sets the state and calls the listeners, unless `next` equals the present state. */
  set(next: ConnectionState): void {
    if (this.#current.kind === "closed" || JSON.stringify(next) === JSON.stringify(this.#current)) return;
    this.#current = next;
    for (const listener of [...this.#listeners]) {
      // A listener may have changed the state: the others are called for the newest one only.
      if (this.#current !== next) break;
      if (this.#listeners.has(listener)) notify(listener, next);
    }
    if (next.kind === "closed") this.#listeners.clear();
  }

  watch(listener: (state: ConnectionState) => void): () => void {
    // Wrapped, so that one function can be registered twice.
    const own = (state: ConnectionState): void => listener(state);
    if (this.#current.kind !== "closed") this.#listeners.add(own);
    notify(own, this.#current);
    return () => this.#listeners.delete(own);
  }
}

/** Calls a listener. Its error doesn't stop the client but goes uncaught. By default that ends a Node process. */
function notify(listener: (state: ConnectionState) => void, state: ConnectionState): void {
  try {
    listener(state);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

const MAX_ROUND_TRIPS = 9;

/** The median of the latest round trips. One slow response does not change it. */
export class RoundTrips {
  #recent: number[] = [];

  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > MAX_ROUND_TRIPS) this.#recent.shift();
  }

  /** Returns ms, rounded to a tenth; null before the first. */
  get median(): number | null {
    const sorted = this.#recent.toSorted((a, b) => a - b);
    const middle = sorted[sorted.length >> 1];
    return middle === undefined ? null : Math.round(middle * 10) / 10;
  }

  clear(): void {
    this.#recent = [];
  }
}

/** Describes how a link ended or a request failed, as a problem a person can act on. Returns null if the client ended it. */
export function troubleOf(end: LinkEnd, online: boolean): ConnectionTrouble | null {
  switch (end.kind) {
    case "stopped":
      return null;
    case "bye":
      if (end.bye.reason === "drain") return CLIENT_MESSAGES.draining ?? null;
      return { kind: "lost", message: `The server ended the connection (${end.bye.reason}). The client reconnects.` };
    case "refused": {
      const { code, message, cause } = end.error;
      // The response came from a proxy or another server.
      if (cause instanceof LinkError) return { kind: cause.kind, message: cause.message, code };
      return { kind: "refused", message, ...CLIENT_MESSAGES[code], code };
    }
    case "lost": {
      const { error } = end;
      const kind = error instanceof LinkError ? error.kind : "lost";
      if (kind !== "unreachable" || online) return { kind, message: error.message };
      return { kind: "offline", message: "No connection: this device reports that it has no network." };
    }
  }
}

/** Shown instead of messages of the error table that ask a client to do something, which this client does by itself. */
const CLIENT_MESSAGES: { readonly [Code in ErrorCode]?: ConnectionTrouble } = {
  draining: {
    kind: "draining",
    message: "The server restarts or can't store messages. The client reconnects.",
  },
  too_many: {
    kind: "busy",
    message: "The server limits this client's rate. The client waits as long as the server asks.",
  },
  overloaded: { kind: "busy", message: "The server is at a limit. The client waits as long as the server asks." },
  timed_out: { kind: "timed_out", message: "The request did not arrive in time. The client sends it again." },
  session_unknown: { kind: "refused", message: "The server no longer knows this session. The client joins again." },
};

/**
 * Checks whether a server that seems unreachable only rejects this page's origin. Browsers report both in the same way; a
 * `no-cors` request tells them apart. Resolves to null if the server does not respond, or if the origin is its own.
 */
export async function originTrouble(
  base: URL,
  platform: Platform,
  signal: AbortSignal,
): Promise<ConnectionTrouble | null> {
  const { origin } = platform;
  if (origin === undefined || origin === base.origin) return null;
  try {
    await within(platform, CLIENT_TIMINGS.proofMs, signal, (inner) =>
      platform.fetch(new URL("healthz", base), { mode: "no-cors", cache: "no-store", signal: inner }),
    );
  } catch {
    return null;
  }
  const message = `${base.host} answers, but not to pages of ${origin}. Add it to the server's --origins, or check any proxy in front of it.`;
  return { kind: "origin_refused", message };
}
