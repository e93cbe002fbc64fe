import type { Direction } from "../weather.ts";
import type { Backlog } from "./backlog.ts";
import { bodyParts } from "./body.ts";
import { chunkedLine } from "./chunk.ts";
import { frameHeadParts, framePayloadParts, headBytesOf, opcodeName, readFrameHead } from "./frame.ts";
import { MAX_DISSECTED_BYTES, type Opaque, type Place } from "./place.ts";
import type { Part } from "./span.ts";
import { type SseLine, sseLine } from "./sse-line.ts";

/** What was understood of the backlog's beginning. */
export interface Taken {
  readonly parts: readonly Part[];
  readonly next: Place;
  /** Types of events, commands and replies found in it. */
  readonly types?: readonly string[];
  /** What the passage is called from now on. */
  readonly title?: string;
  /** The passage is complete with it, or the whole HTTP message. */
  readonly ends?: "passage" | "message";
}

/** Places whose next thing can be told from their bytes alone. */
export type PlainPlace = Exclude<Place, { at: "head" | "opaque" | "answer-awaited" }>;

/** Understands the next thing at `place`; "unfinished": it has not come as a whole, "lost": it is none of what may come here. */
export function nextAt(
  place: PlainPlace,
  backlog: Backlog,
  direction: Direction,
  title: string,
): Taken | "unfinished" | "lost" {
  switch (place.at) {
    case "stream":
      return streamLine(backlog, title);
    case "chunk-size":
    case "chunk-end":
    case "trailer":
      return chunkLine(place.at, place.contentType, backlog);
    case "body":
    case "chunk": {
      if (backlog.length < place.bytes) return "unfinished";
      const body = bodyParts(backlog.view.subarray(0, place.bytes), place.contentType);
      if (place.at === "body") return { ...body, next: { at: "head" }, ends: "message" };
      return { ...body, next: { at: "chunk-end", contentType: place.contentType } };
    }
    case "frame":
      return frameHead(backlog.view, place.doubtful, direction === "up");
    case "payload": {
      if (backlog.length < place.head.length) return "unfinished";
      const { parts, type } = framePayloadParts(backlog.view.subarray(0, place.head.length), place.head);
      return { parts, types: type === null ? [] : [type], next: { at: "frame", doubtful: false }, ends: "passage" };
    }
  }
}

function streamLine(backlog: Backlog, title: string): Taken | "unfinished" | "lost" {
  const length = backlog.lineLength(true);
  if (length === "too-long") return "lost";
  if (length === "unfinished") return "unfinished";
  const line = sseLine(backlog.view.subarray(0, length));
  const { field, says, parts } = line;
  const taken = { parts, next: { at: "stream" }, title: eventTitle(line, title) } as const;
  if (field === "blank") return { ...taken, ends: "passage" };
  return field === "data" && says !== "" ? { ...taken, types: [says] } : taken;
}

/** What an event is called when this line of it has come: its `event:` counts most, then what its data is. */
function eventTitle({ field, says }: SseLine, title: string): string {
  if (field === "event") return `event ${says}`;
  if (title !== UNNAMED) return title;
  if (field === "data" && says !== "") return `event ${says}`;
  return field === "retry" || field === "comment" ? field : title;
}

/** What an event or frame is called before anything is known of it. */
export const UNNAMED = "event";

function chunkLine(
  at: "chunk-size" | "chunk-end" | "trailer",
  contentType: string,
  backlog: Backlog,
): Taken | "unfinished" | "lost" {
  const length = backlog.lineLength(false);
  if (length === "too-long") return "lost";
  if (length === "unfinished") return "unfinished";
  const line = chunkedLine(at, backlog.view.subarray(0, length));
  if (line === null) return "lost";
  const { parts, next } = line;
  if (next === "ended") return { parts, next: { at: "head" }, ends: "message" };
  if (typeof next === "string") return { parts, next: { at: next, contentType } };
  if (next.bytes <= MAX_DISSECTED_BYTES) return { parts, next: { at: "chunk", bytes: next.bytes, contentType } };
  return { parts, next: unread("chunk", next.bytes, { at: "chunk-end", contentType }) };
}

function frameHead(view: Uint8Array, doubtful: boolean, fromClient: boolean): Taken | "unfinished" | "lost" {
  const [, second] = view;
  if (second === undefined || view.length < headBytesOf(second)) return "unfinished";
  const head = readFrameHead(view);
  if (head === null) return "unfinished";
  const known =
    head.rsv === 0 && !opcodeName(head.opcode).startsWith("reserved") && (head.mask !== null) === fromClient;
  if (doubtful && !known) return "lost";
  return {
    parts: frameHeadParts(view, head, fromClient),
    title: `${opcodeName(head.opcode)} frame`,
    next:
      head.length <= MAX_DISSECTED_BYTES
        ? { at: "payload", head }
        : unread("payload", head.length, { at: "frame", doubtful: false }),
  };
}

/** Bytes too many to be looked into. */
function unread(label: string, bytes: number, next: Place): Opaque {
  const part = { label, purpose: "payload", explanation: `${bytes} bytes, too many to be looked into here.` } as const;
  return { at: "opaque", part, from: 0, left: bytes, next };
}
