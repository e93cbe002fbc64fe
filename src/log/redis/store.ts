import type { Core } from "../../chat/core.ts";
import type { Store } from "../../chat/log-port.ts";
import type { Durability } from "../sqlite/database.ts";
import { StoreError } from "../store-error.ts";

/** Opens rooms in Redis, which several processes share. Rejects with StoreError. */
export async function openRedisStore(
  _spec: { readonly url: string; readonly prefix: string; readonly durability: Durability },
  _core: Core,
  _secret: string | undefined,
): Promise<{ readonly store: Store; readonly secret: string }> {
  throw new StoreError("unreachable", "--store redis: is not available in this build.");
}
