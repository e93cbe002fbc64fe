import { RoundTrips } from "./roundTrips.ts";
import { StateBox } from "./state.ts";
import type { ClosedBecause, ConnectionState, LiveSince, PassedOver } from "./types.ts";

/** Puts what happens to the connection into the words of its state. */
export class Status {
  readonly #box = new StateBox({ kind: "connecting", transport: null });
  readonly #roundTrips = new RoundTrips();
  #wasLive = false;

  get current(): ConnectionState {
    return this.#box.current;
  }

  watch(listener: (state: ConnectionState) => void): () => void {
    return this.#box.watch(listener);
  }

  /** Nothing is live; the next attempt is due in `inMs`, under way (0), or has to wait for the network (null). */
  waiting(transport: string, inMs: number | null, failures: number): void {
    if (!this.#wasLive && failures === 0 && inMs === 0) this.#box.set({ kind: "connecting", transport });
    else this.#box.set({ kind: "reconnecting", transport, inMs: inMs ?? 0, attempt: Math.max(1, failures) });
  }

  live(transport: string, since: LiveSince, passedOver: readonly PassedOver[]): void {
    this.#wasLive = true;
    // What was measured on another link says nothing about this one.
    this.#roundTrips.clear();
    const others = passedOver.length === 0 ? {} : { passedOver };
    this.#box.set({ kind: "live", transport, since, switchingTo: null, roundTripMs: null, ...others });
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
