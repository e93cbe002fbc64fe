import { setTimeout as sleep } from "node:timers/promises";
import type { Crew } from "./crew.ts";

export interface Pace {
  readonly broadcasts: number;
  readonly perSecond: number;
  /** How long to wait for the last reader before a message counts as lost. */
  readonly patienceMs: number;
}

/**
 * Publishes on a fixed schedule, but never before every reader has the message before. So no server can put two
 * messages into one write, or two into one poll, and what is measured is the cost of one delivery, on a slow machine too.
 * Returns how many broadcasts were due before the one ahead of them had been delivered.
 */
export async function broadcast(crew: Crew, { broadcasts, perSecond, patienceMs }: Pace): Promise<number> {
  const start = performance.now();
  let late = 0;
  for (let count = 0; count < broadcasts; count += 1) {
    const wait = start + (count * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    else if (count > 0) late += 1;
    await delivered(crew, patienceMs);
  }
  return late;
}

/** Publishes one message and resolves when all readers have it, or patience is at its end. Throws when a connection broke. */
async function delivered({ ledger, publisher, readers, broken }: Crew, patienceMs: number): Promise<void> {
  broken.throwIfAborted();
  const done = new AbortController();
  const patience = sleep(patienceMs, undefined, { signal: AbortSignal.any([done.signal, broken]) }).catch(() => {});
  await new Promise<void>((resolve) => {
    publisher.publish(ledger.publish(resolve));
    for (const reader of readers) reader.ask?.();
    void patience.then(resolve);
  });
  done.abort();
  broken.throwIfAborted();
}
