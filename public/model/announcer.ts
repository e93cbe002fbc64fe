import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { count } from "./format.ts";

/** What a screen reader is to read out of the talk: each message, or under load how many have come. */
export interface Announcer {
  /** Whether each message is to be read out. */
  readonly each: ReadonlySignal<boolean>;
  /** What is to be read out instead; empty: nothing. */
  readonly summary: ReadonlySignal<string>;
  /** Stops the timer. */
  end(): void;
}

const PERIOD_MS = 5_000;
/** More than these in one period can't be followed by ear. */
const MOST = 5;

/** `arrived` counts messages of others. */
export function createAnnouncer(arrived: ReadonlySignal<number>): Announcer {
  const each = signal(true);
  const summary = signal("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let begun = arrived.peek();

  function endPeriod(): void {
    const came = arrived.peek() - begun;
    begun = arrived.peek();
    timer = undefined;
    if (each.peek()) return;
    summary.value = came === 0 ? "" : count(came, "new message");
    if (came <= MOST) each.value = true;
    else timer = setTimeout(endPeriod, PERIOD_MS);
  }

  const stop = effect(() => {
    const came = arrived.value - begun;
    if (came === 0) return;
    timer ??= setTimeout(endPeriod, PERIOD_MS);
    if (came > MOST && each.peek()) {
      summary.value = "";
      each.value = false;
    }
  });
  return {
    each,
    summary,
    end() {
      clearTimeout(timer);
      stop();
    },
  };
}
