import { setTimeout as sleep } from "node:timers/promises";
import type { Crew } from "../crew.ts";
import type { Program } from "../messages.ts";
import { Turns } from "../patience.ts";
import type { Recorder } from "../recorder.ts";

/**
 * Publishes on a fixed schedule, but never before every reader has the messages before. So no server can put two turns
 * into one write, or two into one poll, and what is measured is the cost of one delivery, on a slow machine too.
 * Resolves to how many turns were due before the one ahead of them had been delivered. Throws at a server gone mute.
 */
export async function lockstep(
  crew: Crew,
  recorder: Recorder,
  { turns, together, perSecond, textBytes }: Extract<Program, { kind: "lockstep" }>,
  patienceMs: number,
): Promise<number> {
  const turnByTurn = new Turns(crew, patienceMs);
  const start = performance.now();
  let late = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const wait = start + (turn * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    else if (turn > 0) late += 1;
    await turnByTurn.end(delivered(crew, recorder, together, textBytes));
  }
  return late;
}

/** Publishes one turn's messages and resolves when all readers have the last of them. */
function delivered(crew: Crew, recorder: Recorder, together: number, textBytes: number): Promise<void> {
  return new Promise((resolve) => {
    const now = performance.now();
    for (let count = 1; count <= together; count += 1) {
      recorder.due(now);
      crew.publisher.publish(crew.ledger.publish(count === together ? resolve : () => {}), textBytes);
    }
    for (const { reader } of crew.members) reader?.ask?.(together);
  });
}
