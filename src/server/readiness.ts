import { ProtocolError } from "../protocol/errors.ts";

/** Why a server takes nobody new: it drains; its store takes nothing; it is at one of its limits. */
export const UNREADY = ["draining", "store", "overloaded"] as const;

export type Readiness =
  | { readonly status: "ready" }
  | { readonly status: (typeof UNREADY)[number]; readonly reason: string };

/** Whom readiness is asked of. */
export interface Readable {
  readonly draining: boolean;
  readonly overload: string | null;
  check(): Promise<void>;
}

/** Whether the server would take somebody new, and whether what they say could be stored: by trying it. */
export async function readinessOf(hub: Readable, others: () => Promise<string | null>): Promise<Readiness> {
  if (hub.draining) return { status: "draining", reason: "The server is shutting down." };
  try {
    await hub.check();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { status: "store", reason: error.message };
  }
  const overload = hub.overload ?? (await others());
  return overload === null ? { status: "ready" } : { status: "overloaded", reason: overload };
}
