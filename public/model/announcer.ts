import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../src/clock.ts";
import { count } from "./format.ts";

/** Decides what a screen reader announces: each message or, under load, how many arrived. */
export interface Announcer {
  /** Whether each message is announced. */
  readonly each: ReadonlySignal<boolean>;
  /** What is announced instead; empty for nothing. */
  readonly summary: ReadonlySignal<string>;
  /** Stops the timer. */
  end(): void;
}

const PERIOD_MS = 5_000;
/** A listener can't follow more messages than this in one period. */
const MAX_EACH = 5;

/** `arrived` counts the messages of others. */
export function createAnnouncer(arrived: ReadonlySignal<number>, clock: Clock): Announcer {
  const each = signal(true);
  const summary = signal("");
  let cancel: (() => void) | null = null;
  let countAtStart = arrived.peek();

  function endPeriod(): void {
    const came = arrived.peek() - countAtStart;
    countAtStart = arrived.peek();
    cancel = null;
    if (each.peek()) return;
    summary.value = came === 0 ? "" : count(came, "new message");
    if (came <= MAX_EACH) each.value = true;
    else cancel = clock.after(PERIOD_MS, endPeriod);
  }

  const stop = effect(() => {
    const came = arrived.value - countAtStart;
    if (came === 0) return;
    cancel ??= clock.after(PERIOD_MS, endPeriod);
    if (came > MAX_EACH && each.peek()) {
      summary.value = "";
      each.value = false;
    }
  });
  return {
    each,
    summary,
    end() {
      cancel?.();
      stop();
    },
  };
}
