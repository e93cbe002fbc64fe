/** What this page writes: the draft in the composer, and the messages that are in flight. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Clock } from "../../src/clock.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { type KeyValueStore, readJson } from "./storage.ts";
import { codePoints, isBlank } from "./text.ts";

/** An own message that has not come back as an event yet. */
export interface Pending {
  readonly id: string;
  readonly text: string;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
  readonly state:
    | { readonly kind: "sending" }
    | { readonly kind: "sent" }
    | { readonly kind: "failed"; readonly why: string };
}

/** Sends messages and keeps the unsent ones for the next page load. */
export interface Outbox {
  readonly list: ReadonlySignal<readonly Pending[]>;
  /** Sends a text under a new id. */
  add(text: string): void;
  /** Sends a failed message again, under the same id. */
  retry(id: string): void;
  /** Removes a failed message. */
  discard(id: string): void;
  /** Removes a message that came back as an event and returns it. Returns null if it was not pending. */
  arrived(id: string): Pending | null;
  /** After a reload: resends under the same ids if the member is the same, otherwise marks the messages as failed. */
  restore(sameMember: boolean): void;
}

interface Needs {
  /** Resolves once the server has stored the text. */
  readonly send: (text: string, id: string) => Promise<number>;
  readonly store: KeyValueStore;
  readonly newId: () => string;
  readonly clock: Clock;
}

const KEY = "outbox";
const REJOINED = "You wrote this before you rejoined. It may have arrived already.";

function isUnsent(value: unknown): value is { id: string; text: string; at: number } {
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

export function createOutbox({ send, store, newId, clock }: Needs): Outbox {
  const list = signal<readonly Pending[]>([]);

  function put(next: readonly Pending[]): void {
    list.value = next;
    const unsent = next.filter(({ state }) => state.kind !== "sent").map(({ id, text, at }) => ({ id, text, at }));
    store.set(KEY, unsent.length === 0 ? null : JSON.stringify(unsent));
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
      put([...list.value, { id, text, at: clock.wallNow(), state: { kind: "sending" } }]);
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
      const found = list.value.find((pending) => pending.id === id) ?? null;
      if (found !== null) put(list.value.filter((pending) => pending.id !== id));
      return found;
    },
    restore(sameMember) {
      const saved = readJson(store, KEY);
      if (!Array.isArray(saved)) return;
      const state: Pending["state"] = sameMember ? { kind: "sending" } : { kind: "failed", why: REJOINED };
      const restored = saved.filter(isUnsent).map(({ id, text, at }) => ({ id, text, at, state }));
      put([...restored, ...list.value]);
      if (sameMember) for (const { id, text } of restored) attempt(text, id);
    },
  };
}

/** The text in the composer, kept for this tab so that a reload doesn't lose it. */
export interface Draft {
  readonly text: Signal<string>;
  /** Code points left, negative if there are too many; null while the limit is far away. */
  readonly left: ReadonlySignal<number | null>;
  readonly sendable: ReadonlySignal<boolean>;
  set(text: string): void;
}

/** The counter appears when this many code points are left. */
const WARN_LEFT = 400;

export function createDraft(store: KeyValueStore, room: string): Draft {
  const key = `draft:${room}`;
  const text = signal(store.get(key) ?? "");
  const left = computed(() => {
    // A text has at most as many code points as UTF-16 units: most need no counting.
    if (text.value.length <= LIMITS.textCodePoints - WARN_LEFT) return null;
    const rest = LIMITS.textCodePoints - codePoints(text.value);
    return rest > WARN_LEFT ? null : rest;
  });
  return {
    text,
    left,
    sendable: computed(() => !isBlank(text.value) && (left.value ?? 0) >= 0),
    set(next) {
      text.value = next;
      store.set(key, next === "" ? null : next);
    },
  };
}
