import assert from "node:assert/strict";
import type { RepliedCommand, Reply } from "../../../src/protocol/commands.ts";
import type { NumberedEvent } from "../../../src/protocol/events.ts";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { say } from "../../support/ids.ts";
import { pace } from "../../support/wait.ts";
import type { Down, Site } from "../arm.ts";

type Execute = (command: RepliedCommand) => Promise<Reply | null>;

/** Sends a command until it is taken, waiting as long as the server asks for; resolves to its seq, 0 where it has none. */
export async function insist(execute: Execute, command: RepliedCommand): Promise<number> {
  for (;;) {
    const reply = await execute(command);
    if (reply?.type === "ok") return reply.seq ?? 0;
    if (reply?.code !== "too_many") assert.fail(`the command was not taken: ${JSON.stringify(reply)}`);
    await pace(reply.retryAfterMs ?? 50);
  }
}

/** Says `texts` one after the other by the shared up-leg. */
export async function sayAll(site: Site, session: SessionToken, texts: readonly string[]): Promise<void> {
  for (const text of texts) await insist((command) => site.execute(session, command), say(text));
}

/** `prefix 1` … `prefix n`. */
export function texts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
}

/** That events are numbered one after the other, from `first` on where that is given. */
export function assertDense(events: readonly NumberedEvent[], first?: number): void {
  const seqs = events.map((event) => event.seq);
  const from = first ?? seqs[0] ?? 0;
  assert.deepEqual(
    seqs,
    seqs.map((_, index) => from + index),
  );
}

export async function untilTexts(down: Down, count: number): Promise<string[]> {
  await down.queue.until(`${count} messages`, () => down.queue.messages.length >= count);
  return down.queue.texts;
}

export interface Observed {
  /** The longest time, in ms, in which the scenario did not get to do what it has to keep doing. */
  readonly stalledMs: number;
  check(): void;
}

/**
 * Runs a scenario that has to keep time. Where the machine stood still for half a linger nothing was shown, and it is
 * run again with a longer one; the last counts in any case.
 */
export async function keepingTime(
  lingersMs: readonly number[],
  run: (lingerMs: number) => Promise<Observed>,
): Promise<void> {
  for (const lingerMs of lingersMs) {
    const { stalledMs, check } = await run(lingerMs);
    if (stalledMs >= lingerMs / 2 && lingerMs !== lingersMs.at(-1)) continue;
    check();
    return;
  }
}
