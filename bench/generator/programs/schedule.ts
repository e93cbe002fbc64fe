import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { askInTurn } from "../asking.ts";
import type { Crew } from "../crew.ts";
import { disturb } from "../disturbance.ts";
import type { Program } from "../messages.ts";
import { patiently } from "../patience.ts";
import type { Recorder } from "../recorder.ts";

/** Timers are up to a millisecond late: the rest of a wait is spent looking at the clock, where that costs little. */
const TIMER_MS = 1.5;
const SHORTEST_WATCHED_INTERVAL_MS = 5;

/**
 * Publishes on a fixed schedule, whatever comes back. What is due when a timer is late goes out at once, with the time it
 * was meant for: the schedule is never stopped, so a stall is felt by all that should have come meanwhile.
 * Resolves to the backlog at the middle and at the end of the schedule.
 */
export async function schedule(
  crew: Crew,
  recorder: Recorder,
  { messages, perSecond, textBytes, disturbance }: Extract<Program, { kind: "schedule" }>,
  patienceMs: number,
): Promise<{ middle: number; end: number }> {
  const interval = 1_000 / perSecond;
  const asking = askInTurn(crew.members);
  const disturbing = disturb(crew.members, disturbance);
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const start = performance.now();
  let middle = 0;
  try {
    for (let sent = 0; sent < messages; sent += 1) {
      const due = start + sent * interval;
      await until(due, interval);
      crew.broken.throwIfAborted();
      recorder.due(due);
      crew.publisher.publish(crew.ledger.publish(sent === messages - 1 ? resolve : () => {}), textBytes);
      if (sent === messages >> 1) middle = recorder.backlog;
    }
    const end = recorder.backlog;
    await disturbing.over;
    await patiently(complete, patienceMs, crew.broken);
    return { middle, end };
  } finally {
    asking.stop();
    disturbing.stop();
  }
}

async function until(due: number, interval: number): Promise<void> {
  const watched = interval >= SHORTEST_WATCHED_INTERVAL_MS;
  const wait = due - performance.now() - (watched ? TIMER_MS : 0);
  if (wait > 0) await sleep(wait);
  // A turn of the event loop between any two messages: what has come meanwhile is read.
  else await nextTurn();
  while (watched && performance.now() < due) await nextTurn();
}
