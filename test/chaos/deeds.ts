import type { Cut, Weather } from "../../lab/engine/weather.ts";

/** A member of the run, counted from 0. */
export type Place = number;

/** How far the next connection of a member gets before something happens to it. */
export const HANDSHAKE_STEPS = ["opened", "request", "answer", "second answer"] as const;
export type HandshakeStep = (typeof HANDSHAKE_STEPS)[number];

/** What happens there: the connection is cut, or the member wants yet another transport. */
export const HANDSHAKE_FATES = ["fin", "rst", "silence", "turn"] as const;
export type HandshakeFate = (typeof HANDSHAKE_FATES)[number];

/** One thing done to the server, to the network or to a member. Durations in ms. */
export type Deed =
  /** `inStorm`: the one that a storm has to weather; others are left out while its crowd comes back. */
  | { readonly kind: "kill"; readonly inStorm?: true }
  | { readonly kind: "drain" }
  /** The server's event loop stands still. */
  | { readonly kind: "block"; readonly forMs: number }
  /** The server's clock jumps. */
  | { readonly kind: "jump"; readonly byMs: number }
  | { readonly kind: "weather"; readonly place: Place; readonly name: string; readonly weather: Weather }
  | { readonly kind: "cut"; readonly place: Place; readonly how: Cut }
  | { readonly kind: "stall"; readonly place: Place; readonly forMs: number }
  | { readonly kind: "refuse"; readonly place: Place; readonly forMs: number }
  | { readonly kind: "switch"; readonly place: Place; readonly to: string }
  /** Opens a connection, by switching or by being cut, and meets its fate at a step of its handshake. */
  | {
      readonly kind: "trip";
      readonly place: Place;
      /** null: the transport stays. */
      readonly to: string | null;
      readonly step: HandshakeStep;
      readonly fate: HandshakeFate;
    }
  /** The client closes and another goes on with its session. */
  | { readonly kind: "reload"; readonly place: Place; readonly awayMs: number }
  /** The same, but its connections fall silent instead of ending. */
  | { readonly kind: "vanish"; readonly place: Place; readonly awayMs: number }
  /** Many light readers come, are cut all at once, and come back. */
  | { readonly kind: "storm"; readonly readers: number }
  /** A publisher that never waits and readers that never read, in a room of their own. */
  | { readonly kind: "flood"; readonly messages: number };

/** Those that one member meets. */
export type MemberDeed = Extract<Deed, { readonly place: Place }>;

/** A deed and when it is due, ms from the run's beginning. */
export interface Planned {
  readonly at: number;
  readonly deed: Deed;
}
