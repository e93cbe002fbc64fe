/** Text kept by name. `null` takes a name off the shelf. */
export interface Shelf {
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

/**
 * A shelf over Web Storage that never throws: a browser may forbid storage or run out of it, and a chat that
 * merely forgets is better than one that doesn't start.
 */
export function createShelf(storage: () => Storage, prefix = "skyrocket:"): Shelf {
  return {
    get(key) {
      try {
        return storage().getItem(prefix + key);
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        if (value === null) storage().removeItem(prefix + key);
        else storage().setItem(prefix + key, value);
      } catch {
        // Forgotten at the next reload.
      }
    },
  };
}

/** Parses what was kept as JSON; null when there is nothing, or nothing readable. */
export function readJson(shelf: Shelf, key: string): unknown {
  const text = shelf.get(key);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
