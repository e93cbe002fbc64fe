import facts from "./shipped.json" with { type: "json" };

/** A run that the page ships with. */
export interface Shipped {
  /** In addresses and of its file. */
  readonly name: ShippedName;
  readonly title: string;
  /** What one sees in it. */
  readonly says: string;
  /** What its file was when it was recorded. */
  readonly facts: ShippedFacts;
}

export interface ShippedFacts {
  readonly durationMs: number;
  readonly bytes: number;
  readonly lanes: readonly LaneFacts[];
}

/** What a lane's ledger says at the end. */
export interface LaneFacts {
  readonly transport: string;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
}

export type ShippedName = "calm" | "tunnel" | "naive";

/** In the order in which they teach. `scripts/recorded-runs.ts` has what happens in them. */
export const SHIPPED: readonly Shipped[] = [
  {
    name: "calm",
    title: "A calm day",
    says: "Ten messages, one a second, and nothing in the way. See who hears of a message when, and what it costs: a request and an answer, or a few bytes on a connection that is open.",
    facts: facts.calm,
  },
  {
    name: "tunnel",
    title: "Through the tunnel",
    says: "A train tunnel comes after three seconds: nothing moves, and connections die without either end being told. See how long each client takes to notice, and how it reads on from its cursor.",
    facts: facts.tunnel,
  },
  {
    name: "naive",
    title: "The same tunnel, naively",
    says: "The same weather for clients without cursor, heartbeat and retry. None of them finds out what it has missed.",
    facts: facts.naive,
  },
];

export function shippedOf(name: string | null): Shipped | undefined {
  return SHIPPED.find((shipped) => shipped.name === name);
}

/** Where its file is, from where the server is. */
export function pathOf({ name }: Pick<Shipped, "name">): string {
  return `lab/runs/${name}.json`;
}
