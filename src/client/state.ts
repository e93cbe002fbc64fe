import type { ConnectionState } from "./types.ts";

/** The connection's state and those who watch it. After `closed` nothing changes any more. */
export class StateBox {
  #current: ConnectionState;
  readonly #listeners = new Set<(state: ConnectionState) => void>();

  constructor(first: ConnectionState) {
    this.#current = first;
  }

  get current(): ConnectionState {
    return this.#current;
  }

  /** Moves on to `next`; what says the same as before is no change. */
  set(next: ConnectionState): void {
    if (this.#current.kind === "closed" || JSON.stringify(next) === JSON.stringify(this.#current)) return;
    this.#current = next;
    for (const listener of [...this.#listeners]) {
      // A listener may have moved the state on: those after it are told of the newest only.
      if (this.#current !== next) break;
      if (this.#listeners.has(listener)) tell(listener, next);
    }
    if (next.kind === "closed") this.#listeners.clear();
  }

  watch(listener: (state: ConnectionState) => void): () => void {
    // Wrapped, so that one function that watches twice is two watchers.
    const own = (state: ConnectionState): void => listener(state);
    if (this.#current.kind !== "closed") this.#listeners.add(own);
    tell(own, this.#current);
    return () => this.#listeners.delete(own);
  }
}

/** A watcher's fault is its own: it is reported as unhandled and does not stop the client. */
function tell(listener: (state: ConnectionState) => void, state: ConnectionState): void {
  try {
    listener(state);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
