import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { LIMITS } from "../../src/protocol/limits.ts";
import type { Shelf } from "./shelf.ts";
import { codePoints, isBlank } from "./text.ts";

/** The counter appears when so many code points are left. */
const WARN_LEFT = 400;

/** What is being written: kept for this tab, so that a reload doesn't take it away. */
export interface Draft {
  readonly text: Signal<string>;
  /** Code points left, negative when there are too many; null as long as nobody needs to know. */
  readonly left: ReadonlySignal<number | null>;
  readonly sendable: ReadonlySignal<boolean>;
  set(text: string): void;
}

export function createDraft(shelf: Shelf, room: string): Draft {
  const key = `draft:${room}`;
  const text = signal(shelf.get(key) ?? "");
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
      shelf.set(key, next === "" ? null : next);
    },
  };
}
