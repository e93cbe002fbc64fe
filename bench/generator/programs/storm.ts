import { setTimeout as sleep } from "node:timers/promises";
import { askInTurn } from "../asking.ts";
import type { Crew } from "../crew.ts";
import type { Member } from "../member.ts";
import type { Program } from "../messages.ts";
import { patiently } from "../patience.ts";
import type { Recorder } from "../recorder.ts";

/** Messages of one storm: before the cut, while all are away, and when all are back. */
export const STORM_MESSAGES = 3;

const SHARES = [50, 95, 100];

/**
 * Cuts every reader at one moment and opens all anew on one schedule. Resolves to the milliseconds from the cut until so
 * many percent were in again; a share that was not reached in time is left out.
 */
export async function storm(
  crew: Crew,
  recorder: Recorder,
  { spreadMs, patienceMs }: Extract<Program, { kind: "storm" }>,
): Promise<Record<string, number>> {
  const asking = askInTurn(crew.members);
  try {
    await patiently(publish(crew, recorder), patienceMs, crew.broken);
    const start = performance.now();
    for (const member of crew.members) member.cut();
    void publish(crew, recorder);
    const back: number[] = [];
    const returning = crew.members.map((member, number) =>
      comeBack(member, (spreadMs * number) / crew.members.length).then(() => back.push(performance.now() - start)),
    );
    const all = Promise.all(returning).then(() => {});
    await patiently(all, patienceMs, crew.broken);
    await patiently(publish(crew, recorder), patienceMs, crew.broken);
    return Object.fromEntries(
      SHARES.flatMap((share) => {
        const time = back[Math.ceil((share / 100) * crew.members.length) - 1];
        return time === undefined ? [] : [[String(share), time]];
      }),
    );
  } finally {
    asking.stop();
  }
}

async function comeBack(member: Member, afterMs: number): Promise<void> {
  await sleep(afterMs);
  await member.comeBack();
}

/** Publishes one message. Resolves when every reader has it. */
function publish(crew: Crew, recorder: Recorder): Promise<void> {
  return new Promise((resolve) => {
    recorder.due(performance.now());
    crew.publisher.publish(crew.ledger.publish(resolve), 0);
  });
}
