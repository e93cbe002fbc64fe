import { setTimeout as sleep } from "node:timers/promises";
import type { Crew } from "./crew.ts";

/** After so many messages in a row that did not come, the next ones won't either. */
const MOST_IN_A_ROW = 3;

/** Resolves to true when `done` does, to false after `ms`. Throws the reason of `broken` when that aborts before. */
export async function patiently(done: Promise<void>, ms: number, broken: AbortSignal): Promise<boolean> {
  broken.throwIfAborted();
  const over = new AbortController();
  const patience = sleep(ms, false, { signal: AbortSignal.any([over.signal, broken]) }).catch(() => false);
  const came = await Promise.race([done.then(() => true), patience]);
  over.abort();
  broken.throwIfAborted();
  return came;
}

/** Waits for one message after another. One that is lost costs its time; at a server that has gone mute it gives up. */
export class Turns {
  readonly #crew: Crew;
  readonly #patienceMs: number;
  #inARow = 0;

  constructor(crew: Crew, patienceMs: number) {
    this.#crew = crew;
    this.#patienceMs = patienceMs;
  }

  /** Resolves when `delivered` does or patience ends. Throws when that is the third in a row, or the crew has broken. */
  async end(delivered: Promise<void>): Promise<void> {
    const came = await patiently(delivered, this.#patienceMs, this.#crew.broken);
    this.#inARow = came ? 0 : this.#inARow + 1;
    if (this.#inARow < MOST_IN_A_ROW) return;
    const { lost } = this.#crew.ledger.faults();
    throw new Error(
      `${MOST_IN_A_ROW} turns in a row did not reach every reader within ${this.#patienceMs} ms each; ${lost} deliveries are missing`,
    );
  }
}
