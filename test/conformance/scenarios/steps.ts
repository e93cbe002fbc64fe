import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { RepliedCommand, Reply } from "../../../src/protocol/commands.ts";
import type { DurableEvent } from "../../../src/protocol/events.ts";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { say } from "../../support/ids.ts";
import { pace } from "../../support/wait.ts";
import type { AttachedReader, TestServer } from "../harness.ts";

const NS_PER_MS = 1e6;

type Execute = (command: RepliedCommand) => Promise<Reply | null>;

/** Sends a command until it is taken, waiting as long as the server asks for; resolves to its seq, 0 where it has none. */
export async function sendUntilAccepted(execute: Execute, command: RepliedCommand): Promise<number> {
  for (;;) {
    const reply = await execute(command);
    if (reply?.type === "ok") return reply.seq ?? 0;
    if (reply?.code !== "too_many") assert.fail(`the command was not taken: ${JSON.stringify(reply)}`);
    await pace(reply.retryAfterMs ?? 50);
  }
}

/** Says `texts` one after the other by the shared up-leg. */
export async function sayAll(server: TestServer, session: SessionToken, texts: readonly string[]): Promise<void> {
  for (const text of texts) await sendUntilAccepted((command) => server.execute(session, command), say(text));
}

/** `prefix 1` … `prefix n`. */
export function texts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
}

/** That events are numbered one after the other, from `first` on where that is given. */
export function assertDense(events: readonly DurableEvent[], first?: number): void {
  const seqs = events.map((event) => event.seq);
  const from = first ?? seqs[0] ?? 0;
  assert.deepEqual(
    seqs,
    seqs.map((_, index) => from + index),
  );
}

export async function untilTexts(reader: AttachedReader, count: number): Promise<string[]> {
  await reader.queue.until(`${count} messages`, () => reader.queue.messages.length >= count);
  return reader.queue.texts;
}

export interface Observed {
  /** The longest time, in ms, that a step took which the period must outlast. */
  readonly stalledMs: number;
  /** Judges what happened. Not called where the machine was too slow for it to mean anything. */
  check(): void | Promise<void>;
}

/**
 * Runs a scenario in which something must happen within a period of the server's. If a step, or a single turn of the
 * event loop, took half the period, the scenario shows nothing and runs again with a longer one. The last one counts.
 */
export async function retryWhileSlow(
  periodsMs: readonly number[],
  run: (periodMs: number) => Promise<Observed>,
): Promise<void> {
  for (const periodMs of periodsMs) {
    const turns = monitorEventLoopDelay();
    turns.enable();
    const { stalledMs, check } = await run(periodMs);
    turns.disable();
    const late = Math.max(stalledMs, turns.max / NS_PER_MS) >= periodMs / 2;
    if (late && periodMs !== periodsMs.at(-1)) continue;
    await check();
    return;
  }
}
