import type { Durability } from "./sqlite.ts";

/** Where rooms and ended sessions are kept. */
export type StoreSpec =
  /** Nowhere: they end with the process. */
  | { readonly kind: "memory" }
  | {
      readonly kind: "sqlite";
      /** Its folder is made. Beside it come `-wal` while it is in use, and `.secret`. */
      readonly file: string;
      /** What an acknowledged message survives: the process (default), or the machine's power. */
      readonly durability?: Durability;
      /** The file may have so many pages of 4 KiB; beyond that it is full. Default: no limit of its own. */
      readonly pageLimit?: number;
    };

/** Reads `memory` or `sqlite:FILE`; null for anything else. */
export function storeSpec(text: string, durability: Durability): StoreSpec | null {
  if (text === "memory") return { kind: "memory" };
  const file = /^sqlite:(.+)$/s.exec(text)?.[1];
  return file === undefined ? null : { kind: "sqlite", file, durability };
}
