/** The runs that the page ships with. */
import facts from "./shipped.json" with { type: "json" };

export interface Shipped {
  /** Used in addresses, and as the name of its file. */
  readonly name: ShippedName;
  readonly title: string;
  /** What to look for in it. */
  readonly says: string;
  /** What was measured when it was recorded. */
  readonly facts: ShippedFacts;
}

export interface ShippedFacts {
  readonly durationMs: number;
  readonly bytes: number;
  readonly lanes: readonly LaneFacts[];
}

/** A lane's ledger at the end of the run. */
interface LaneFacts {
  readonly transport: string;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
}

export type ShippedName = "calm" | "tunnel" | "naive" | "nodes";

/** In teaching order. `scripts/recorded-runs.ts` defines what happens in each. */
export const SHIPPED: readonly Shipped[] = [
  {
    name: "calm",
    title: "A calm day",
    says: "Ten messages, one per second, on a clean network. See when each client receives a message and what that costs: a request and a response, or a few bytes on an open connection.",
    facts: facts.calm,
  },
  {
    name: "tunnel",
    title: "Through the tunnel",
    says: "From three seconds on the train passes tunnels. For seconds nothing gets through, and connections die without either end noticing. See how long each client takes to notice, and how it resumes from its cursor.",
    facts: facts.tunnel,
  },
  {
    name: "naive",
    title: "The same tunnel, naively",
    says: "The same weather for clients without cursor, heartbeat and retry. None of them notices what it has missed.",
    facts: facts.naive,
  },
  {
    name: "nodes",
    title: "A node dies, another loses Redis",
    says: "Three nodes share one room. Node 2 is killed and started again, then Node 3 is cut from Redis for some seconds. See which lanes each node holds, and how they move to another node or catch up.",
    facts: facts.nodes,
  },
];

export function shippedOf(name: string | null): Shipped | undefined {
  return SHIPPED.find((shipped) => shipped.name === name);
}

/** Returns the path of a run's file, relative to the server's address. */
export function pathOf({ name }: Pick<Shipped, "name">): string {
  return `lab/runs/${name}.json`;
}
