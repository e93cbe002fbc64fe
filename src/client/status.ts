import { RoundTrips } from "./roundTrips.ts";
import { StateBox } from "./state.ts";
import type { ClosedBecause, ConnectionState, ConnectionTrouble, LiveSince, PassedOver } from "./types.ts";

/** Puts what happens to the connection into the words of its state. */
export class Status {
  readonly #box = new StateBox({ kind: "connecting", transport: null });
  readonly #roundTrips = new RoundTrips();
  #wasLive = false;
  /** What went wrong last, until a link is live. */
  #trouble: ConnectionTrouble | null = null;

  get current(): ConnectionState {
    return this.#box.current;
  }

  watch(listener: (state: ConnectionState) => void): () => void {
    return this.#box.watch(listener);
  }

  /** Nothing is live; the next attempt is due in `inMs`, or in progress (0). */
  waiting(transport: string, inMs: number, failures: number): void {
    const because = this.#trouble === null ? {} : { because: this.#trouble };
    if (!this.#wasLive && failures === 0 && inMs === 0) this.#box.set({ kind: "connecting", transport, ...because });
    else this.#box.set({ kind: "reconnecting", transport, inMs, attempt: Math.max(1, failures), ...because });
  }

  get trouble(): ConnectionTrouble | null {
    return this.#trouble;
  }

  /** Notes what went wrong; shown at once if `now`, else with the next change. */
  troubled(because: ConnectionTrouble, now = false): void {
    this.#trouble = because;
    const state = this.#box.current;
    if (now && (state.kind === "connecting" || state.kind === "reconnecting")) this.#box.set({ ...state, because });
  }

  live(transport: string, since: LiveSince, passedOver: readonly PassedOver[]): void {
    const before = this.#box.current;
    this.#wasLive = true;
    this.#trouble = null;
    // What was measured on another transport says nothing about this one.
    if (before.kind !== "live" || before.transport !== transport) this.#roundTrips.clear();
    const others = passedOver.length === 0 ? {} : { passedOver };
    const roundTripMs = this.#roundTrips.median;
    this.#box.set({ kind: "live", transport, since, switchingTo: null, roundTripMs, ...others });
  }

  switching(switchingTo: string | null): void {
    const state = this.#box.current;
    if (state.kind === "live" && state.switchingTo !== switchingTo) this.#box.set({ ...state, switchingTo });
  }

  /** The live link was told a gap. */
  gapped(missed: number | null): void {
    const state = this.#box.current;
    if (state.kind === "live") this.#box.set({ ...state, since: { kind: "gap", missed } });
  }

  roundTrip(ms: number): void {
    this.#roundTrips.add(ms);
    const state = this.#box.current;
    const roundTripMs = this.#roundTrips.median;
    if (state.kind === "live" && state.roundTripMs !== roundTripMs) this.#box.set({ ...state, roundTripMs });
  }

  closed(because: ClosedBecause): void {
    this.#box.set({ kind: "closed", because });
  }
}
