import { setTimeout as sleep } from "node:timers/promises";
import { askInTurn } from "../asking.ts";
import type { Crew } from "../crew.ts";
import type { Program } from "../messages.ts";

/** Lets time pass: what is measured is what connections cost on which nothing is said. */
export async function wait(crew: Crew, { ms }: Extract<Program, { kind: "wait" }>): Promise<void> {
  const asking = askInTurn(crew.members);
  try {
    // The reason is the crew's: who broke off and why, which the timer would hide.
    await sleep(ms, undefined, { signal: crew.broken }).catch(() => {});
    crew.broken.throwIfAborted();
  } finally {
    asking.stop();
  }
}
