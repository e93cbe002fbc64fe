import type { Cut, Weather } from "../../lab/engine/weather.ts";

/** A member of the run, counted from 0. */
export type MemberIndex = number;

/** How far a member's next connection gets before a fault is injected. */
export const HANDSHAKE_STEPS = ["opened", "request", "answer", "second answer"] as const;
export type HandshakeStep = (typeof HANDSHAKE_STEPS)[number];

/** The injected fault: the connection is cut, or the member switches to yet another transport. */
export const HANDSHAKE_FAULTS = ["fin", "rst", "silence", "switch"] as const;
export type HandshakeFault = (typeof HANDSHAKE_FAULTS)[number];

/** Something done to Redis, to a server of several, or to the network between them. */
export const NODES_FAULTS = [
  "freeze",
  "redis killed",
  "redis frozen",
  "partition",
  "partition of all",
  "subscribers killed",
  "scripts flushed",
  "memory full",
] as const;

/** Something done to the server, to the network or to a member. Durations in ms. */
export type Action =
  /** `inStorm`: the kill that a storm must survive. Other restarts are skipped while the storm's readers come back. */
  | { readonly kind: "kill"; readonly inStorm?: true }
  | { readonly kind: "drain" }
  /** Blocks the server's event loop. */
  | { readonly kind: "block"; readonly forMs: number }
  /** Moves the server's wall clock. */
  | { readonly kind: "jump"; readonly byMs: number }
  | { readonly kind: "weather"; readonly index: MemberIndex; readonly name: string; readonly weather: Weather }
  | { readonly kind: "cut"; readonly index: MemberIndex; readonly how: Cut }
  | { readonly kind: "stall"; readonly index: MemberIndex; readonly forMs: number }
  | { readonly kind: "refuse"; readonly index: MemberIndex; readonly forMs: number }
  | { readonly kind: "switch"; readonly index: MemberIndex; readonly to: string }
  /** Makes the member open a connection, by a switch or a cut, and injects a fault at a step of its handshake. */
  | {
      readonly kind: "handshake";
      readonly index: MemberIndex;
      /** null: the transport stays. */
      readonly to: string | null;
      readonly step: HandshakeStep;
      readonly fault: HandshakeFault;
    }
  /** Closes the client; another one resumes its session. */
  | { readonly kind: "reload"; readonly index: MemberIndex; readonly awayMs: number }
  /** The same, but its connections go silent instead of ending. */
  | { readonly kind: "vanish"; readonly index: MemberIndex; readonly awayMs: number }
  /** Many light readers attach, are cut all at once, and come back. */
  | { readonly kind: "storm"; readonly readers: number }
  /** A publisher that never waits and readers that never read, in a room of their own. */
  | { readonly kind: "flood"; readonly messages: number }
  /** Only with several servers. */
  | { readonly kind: "nodes"; readonly fault: (typeof NODES_FAULTS)[number]; readonly forMs: number };

export type NodesAction = Extract<Action, { readonly kind: "nodes" }>;

/** Actions on one member. */
export type MemberAction = Extract<Action, { readonly index: MemberIndex }>;

export interface PlannedAction {
  /** Ms from the start of the run. */
  readonly at: number;
  readonly action: Action;
}
