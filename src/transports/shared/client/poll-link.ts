import { formatCursor, parseCursor } from "../../../protocol/cursor.ts";
import type { DownEvent } from "../../../protocol/events.ts";
import type { Cursor } from "../../../protocol/ids.ts";
import { type Attach, badAnswer, type Link, type Platform } from "../../contract.ts";
import { sleep } from "./async.ts";
import { callJson, postCommand, requestMs } from "./http.ts";
import { isDownEvent, isDurable } from "./incoming.ts";
import { runLink } from "./run-link.ts";

/** How a transport polls. */
export interface PollOptions {
  /** Part of the path. */
  readonly name: string;
  /** Returns how long the server may hold the next poll, in ms; null if it never holds one. */
  hold(first: boolean): number | null;
  /**
   * Returns the ms to wait before the next poll, given the events of the last one. `fruitless` counts the latest
   * responses in a row that came at once and did not move the cursor.
   */
  pause(events: readonly DownEvent[], fruitless: number): number;
}

/** A response that takes at least this long was held. */
const HELD_MS = 1_000;

/** A response of this many events may have reached the server's limit, so that there is more to fetch. */
const LARGE_EVENTS = 100;
/** The same for the text of the messages. The limit is 256 KiB, and JSON needs up to six bytes per character. */
const LARGE_CHARACTERS = 32_768;

/** Returns whether the response shows that this reader is not at the head yet. */
export function isCatchingUp(events: readonly DownEvent[]): boolean {
  if (events.length >= LARGE_EVENTS) return true;
  let characters = 0;
  for (const event of events) {
    if (event.type === "gap") return true;
    if (event.type === "message") characters += event.text.length;
  }
  return characters >= LARGE_CHARACTERS;
}

/** Returns the cursor after these events. */
export function advance(after: Cursor | undefined, events: readonly DownEvent[]): Cursor | undefined {
  let cursor = after;
  for (const event of events) {
    if (event.type === "gap" || event.type === "live") cursor = event.cursor;
    if (!isDurable(event)) continue;
    const position = cursor === undefined ? null : parseCursor(cursor);
    if (position === null) throw badAnswer(`Event ${event.seq} came before any cursor`);
    cursor = formatCursor(position.epoch, event.seq);
  }
  return cursor;
}

/** Returns whether a cursor has advanced in the same epoch. */
function hasMoved(before: Cursor | undefined, after: Cursor | undefined): boolean {
  const from = before === undefined ? null : parseCursor(before);
  const to = after === undefined ? null : parseCursor(after);
  return to !== null && from !== null && to.epoch === from.epoch && to.seq > from.seq;
}

/** Opens a link that consists of polls, one after the other, each from the cursor after the last one. */
export function pollLink(options: PollOptions, attach: Attach, platform: Platform, signal: AbortSignal): Link {
  const { base, session, reader } = attach;
  return runLink(
    signal,
    async (sink) => {
      let after = attach.after;
      let fruitless = 0;
      for (let first = true; ; first = false) {
        const hold = options.hold(first);
        const query = {
          reader: String(reader),
          ...(hold === null ? {} : { hold: String(hold) }),
          ...(after === undefined ? {} : { after }),
        };
        const askedAt = platform.clock.monotonicNow();
        const call = { base, session, path: `transports/${options.name}`, query };
        const answer = await callJson(platform, call, signal, (hold ?? 0) + requestMs(platform));
        if (!Array.isArray(answer)) throw badAnswer("The response to a poll is not a list of events");
        const events = answer.filter(isDownEvent);
        const before = after;
        after = advance(before, events);
        const isProgress = first || platform.clock.monotonicNow() - askedAt >= HELD_MS || hasMoved(before, after);
        fruitless = isProgress ? 0 : fruitless + 1;
        for (const event of events) sink.emit(event);
        if (events.some((event) => event.type === "bye")) return;
        sink.prove();
        await sleep(platform, options.pause(events, fruitless), signal);
      }
    },
    (command) => postCommand(attach, platform, signal, command),
  );
}
