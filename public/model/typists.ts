import { type ReadonlySignal, signal } from "@preact/signals";
import type { Author } from "../../src/protocol/events.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";

/** A typist is reported once in `typingEveryMs`, and has stopped when no report came for a little longer. */
const STOPPED_MS = TIMINGS.typingEveryMs + 2_000;

export interface Typists {
  readonly list: ReadonlySignal<readonly Author[]>;
  heard(member: Author): void;
  /** What they were typing has come, or they have left. */
  stopped(id: string): void;
  /** Stops every timer. */
  clear(): void;
}

export function createTypists(): Typists {
  const list = signal<readonly Author[]>([]);
  const ends = new Map<string, ReturnType<typeof setTimeout>>();

  function stopped(id: string): void {
    clearTimeout(ends.get(id));
    if (ends.delete(id)) list.value = list.value.filter((member) => member.id !== id);
  }

  return {
    list,
    stopped,
    heard(member) {
      clearTimeout(ends.get(member.id));
      if (!ends.has(member.id)) list.value = [...list.value, member];
      ends.set(
        member.id,
        setTimeout(() => stopped(member.id), STOPPED_MS),
      );
    },
    clear() {
      for (const timer of ends.values()) clearTimeout(timer);
      ends.clear();
      list.value = [];
    },
  };
}
