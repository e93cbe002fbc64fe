import { type ReadonlySignal, signal } from "@preact/signals";

/** What came while nobody looked. */
export interface Unread {
  readonly count: ReadonlySignal<number>;
  /** Key of the entry above which the unread line stands; null: there is none. */
  readonly line: ReadonlySignal<string | null>;
  /** Whether the newest message is being looked at: the page is visible and the list is at its end. */
  readonly looking: ReadonlySignal<boolean>;
  look(looking: boolean): void;
  /** A message by somebody else has come. */
  came(key: string): void;
  /** The person has taken part in the talk: the line has done its work. */
  answered(): void;
}

export function createUnread(): Unread {
  const count = signal(0);
  const line = signal<string | null>(null);
  const looking = signal(true);
  return {
    count,
    line,
    looking,
    look(now) {
      looking.value = now;
      if (now) count.value = 0;
    },
    came(key) {
      if (looking.value) return;
      if (count.value === 0) line.value = key;
      count.value += 1;
    },
    answered() {
      line.value = null;
    },
  };
}
