import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isCursor } from "../../protocol/cursor.ts";
import type { Cursor } from "../../protocol/ids.ts";
import { queryOf } from "./admission.ts";

/** A poll's request, head and nothing else, but for its cursor and what may follow that: these are from poll to poll another. */
export interface PollHead {
  readonly before: string;
  readonly behind: string;
}

/** With these there is more to a request than its head, or it says twice where to read on. */
const TELLING = ["content-length", "transfer-encoding", "upgrade", "expect", "last-event-id"];

/** A cursor as it stands in an address: with nothing encoded, with an end, and perhaps with what makes the address unlike any other. */
const AFTER = /[?&]after=(?<varying>(?<cursor>[0-9a-z]+-[0-9]+)(?:&t=[0-9a-z]+)?)(?=&|$)/d;

/** Nothing is read from it (PROTOCOL.md, section 6). */
const UNLIKE = /^&t=[0-9a-z]+$/;

/** Characters of the longest cursor, and of as much behind it as a client may want. */
const VARYING = 64;

/**
 * The head that a poll came with, if its connection may bring the same again with another cursor and mean another poll
 * by it. Null for any that is in some way special: an answer of its own, a body, an end of the connection.
 *
 * Node does not keep what it has parsed; this is how nearly all clients write it. One that writes it otherwise (two
 * spaces behind a colon) never sends these bytes.
 */
export function headOf(request: FastifyRequest, reply: FastifyReply): PollHead | null {
  const { raw, crossOrigin } = request;
  const plain = raw.httpVersionMajor === 1 && reply.raw.shouldKeepAlive && crossOrigin.length === 0;
  if (!plain || TELLING.some((name) => name in raw.headers)) return null;
  const { url = "" } = raw;
  const match = AFTER.exec(url);
  const span = match?.indices?.groups?.["varying"];
  const cursor = match?.groups?.["cursor"];
  // Given twice, in whatever spelling, it is not text.
  if (span === undefined || cursor === undefined || !isCursor(cursor) || queryOf(request, "after") !== cursor)
    return null;
  // Without its number each is a link of its own, newer than all before it.
  if (queryOf(request, "reader") === undefined) return null;
  const [start, end] = span;
  return {
    before: `${raw.method} ${url.slice(0, start)}`,
    behind: `${url.slice(end)} HTTP/1.1\r\n${fieldsOf(raw)}\r\n`,
  };
}

/** The cursor in a request that is this head byte for byte but for what varies; null for anything else. */
export function cursorIn(chunk: Buffer, { before, behind }: PollHead): Cursor | null {
  const start = before.length;
  const end = chunk.length - behind.length;
  if (end <= start || end - start > VARYING) return null;
  // Slices that are compared whole: a quarter of the time of `startsWith` and `endsWith` (docs/performance.md).
  const text = chunk.toString("latin1");
  return text.slice(0, start) === before && text.slice(end) === behind ? cursorOf(text.slice(start, end)) : null;
}

/** Polls that kept pace all name one place: its form is looked at once per broadcast. */
let known: { readonly varying: string; readonly cursor: Cursor } | null = null;

function cursorOf(varying: string): Cursor | null {
  if (known?.varying === varying) return known.cursor;
  const end = varying.indexOf("&");
  const cursor = end < 0 ? varying : varying.slice(0, end);
  if (!isCursor(cursor) || (end >= 0 && !UNLIKE.test(varying.slice(end)))) return null;
  known = { varying, cursor };
  return cursor;
}

function fieldsOf({ rawHeaders }: IncomingMessage): string {
  let text = "";
  for (let index = 0; index < rawHeaders.length; index += 2)
    text += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  return text;
}
