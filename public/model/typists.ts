import { type ReadonlySignal, signal } from "@preact/signals";
import type { Author } from "../../src/protocol/events.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";

/** A typist is told of once in `typingEveryMs`; who has not been for so long has stopped. */
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

/** "Ada is typing…"; empty when nobody is. */
export function typingWords(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return "Several people are typing…";
}
