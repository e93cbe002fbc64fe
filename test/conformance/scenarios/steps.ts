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

/** Sends a command until it is accepted, and waits as long as the server asks. Resolves to its seq, or 0 if it has none. */
export async function sendUntilAccepted(execute: Execute, command: RepliedCommand): Promise<number> {
  for (;;) {
    const reply = await execute(command);
    if (reply?.type === "ok") return reply.seq ?? 0;
    if (reply?.code !== "too_many") assert.fail(`the command was not accepted: ${JSON.stringify(reply)}`);
    await pace(reply.retryAfterMs ?? 50);
  }
}

/** Sends `texts` as messages, one after the other, without using a reader's connection. */
export async function sayAll(server: TestServer, session: SessionToken, texts: readonly string[]): Promise<void> {
  for (const text of texts) await sendUntilAccepted((command) => server.execute(session, command), say(text));
}

/** Returns the texts `prefix 1` … `prefix n`. */
export function texts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
}

/** Checks that the seqs of events are consecutive, and start at `first` if it is given. */
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

/** What one run of a scenario observed. */
export interface Observed {
  /** The time, in ms, of the slowest of the steps that must be shorter than the period. */
  readonly stalledMs: number;
  /** Judges what happened. Not called if the machine was too slow for a meaningful result. */
  check(): void | Promise<void>;
}

/**
 * Runs a scenario in which something must happen within a period of the server, such as the linger. If a step, or a single
 * turn of the event loop, took half the period, the scenario proves nothing and runs again with a longer period. With the
 * last period the result always counts.
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
