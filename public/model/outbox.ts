import { type ReadonlySignal, signal } from "@preact/signals";
import { readJson, type Shelf } from "./shelf.ts";

/** An own message that has not come back as an event yet. */
export interface Pending {
  readonly id: string;
  readonly text: string;
  readonly at: number;
  readonly state:
    | { readonly kind: "sending" }
    | { readonly kind: "sent" }
    | { readonly kind: "failed"; readonly why: string };
}

export interface Outbox {
  readonly list: ReadonlySignal<readonly Pending[]>;
  /** Sends under a new id. */
  add(text: string): void;
  /** Sends what has failed again, under the id it had. */
  retry(id: string): void;
  /** Forgets what has failed. */
  discard(id: string): void;
  /** The message has come back. Returns it as it was waited for; null: it was not. */
  arrived(id: string): Pending | null;
  /** After a reload: goes on sending under the same ids if the member is the same, else says that it failed. */
  restore(same: boolean): void;
}

interface Needs {
  /** Resolves once the server has stored the text. */
  readonly send: (text: string, id: string) => Promise<number>;
  readonly shelf: Shelf;
  readonly newId: () => string;
  readonly now: () => number;
}

const KEY = "outbox";
const STRANGER = "You wrote this before you rejoined. It may have arrived already.";

function isKept(value: unknown): value is { id: string; text: string; at: number } {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "text" in value &&
    typeof value.text === "string" &&
    "at" in value &&
    typeof value.at === "number"
  );
}

export function createOutbox({ send, shelf, newId, now }: Needs): Outbox {
  const list = signal<readonly Pending[]>([]);

  function put(next: readonly Pending[]): void {
    list.value = next;
    const unsent = next.filter(({ state }) => state.kind !== "sent").map(({ id, text, at }) => ({ id, text, at }));
    shelf.set(KEY, unsent.length === 0 ? null : JSON.stringify(unsent));
  }

  function mark(id: string, state: Pending["state"]): void {
    put(list.value.map((pending) => (pending.id === id ? { ...pending, state } : pending)));
  }

  function attempt(text: string, id: string): void {
    send(text, id).then(
      () => mark(id, { kind: "sent" }),
      (error: unknown) => mark(id, { kind: "failed", why: error instanceof Error ? error.message : String(error) }),
    );
  }

  return {
    list,
    add(text) {
      const id = newId();
      put([...list.value, { id, text, at: now(), state: { kind: "sending" } }]);
      attempt(text, id);
    },
    retry(id) {
      const pending = list.value.find((other) => other.id === id);
      if (pending?.state.kind !== "failed") return;
      mark(id, { kind: "sending" });
      attempt(pending.text, id);
    },
    discard(id) {
      put(list.value.filter((pending) => pending.id !== id || pending.state.kind !== "failed"));
    },
    arrived(id) {
      const waited = list.value.find((pending) => pending.id === id) ?? null;
      if (waited !== null) put(list.value.filter((pending) => pending.id !== id));
      return waited;
    },
    restore(same) {
      const kept = readJson(shelf, KEY);
      if (!Array.isArray(kept)) return;
      const state: Pending["state"] = same ? { kind: "sending" } : { kind: "failed", why: STRANGER };
      const restored = kept.filter(isKept).map(({ id, text, at }) => ({ id, text, at, state }));
      put([...restored, ...list.value]);
      if (same) for (const { id, text } of restored) attempt(text, id);
    },
  };
}
