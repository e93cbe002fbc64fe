import { latin1, utf8 } from "./bytes.ts";
import { Parts } from "./parts.ts";
import type { Purpose } from "./purpose.ts";
import type { Field, Part } from "./span.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
/** Characters of a value that a field shows, and fields of one object that are shown. */
const SHOWN = 2_000;
const MOST_FIELDS = 100;
/** Characters of a type: those of the protocol are shorter. */
const TYPE = 64;

/** What a piece of the protocol's JSON is: an event, a command, a reply. */
export interface Said {
  readonly type: string | null;
  readonly purpose: Purpose;
  readonly fields: readonly Field[];
}

/** Reads JSON of the protocol. Heartbeats say that someone is there and nothing else, and so are no payload. */
export function said(bytes: Uint8Array): Said {
  const text = utf8(bytes);
  const value = parse(text);
  const fields: Field[] = [];
  let type: string | null = null;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if ("type" in value && typeof value.type === "string") type = value.type.slice(0, TYPE);
    for (const [name, each] of Object.entries(value)) {
      if (fields.length === MOST_FIELDS) {
        fields.push({ name: "…", value: "More fields than are listed here." });
        break;
      }
      fields.push({
        name: name.slice(0, SHOWN),
        value: (typeof each === "string" ? each : jsonOf(each)).slice(0, SHOWN),
      });
    }
  }
  return { type, purpose: type === "idle" || type === "alive" ? "liveness" : "payload", fields };
}

/** A value as JSON. What is nested too deeply for `JSON.stringify`, which recurses where `JSON.parse` does not, is not shown. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "nested too deeply to be shown";
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A poll's answer, an array of events, one part per event; null: it is none. `types` are those of its events. */
export function arrayParts(
  bytes: Uint8Array,
): { readonly parts: readonly Part[]; readonly types: readonly string[] } | null {
  if (bytes[0] !== OPEN_ARRAY || bytes.at(-1) !== CLOSE_ARRAY || bytes.length < 2) return null;
  const ends = elementEnds(bytes);
  if (ends === null) return null;
  const parts = new Parts();
  const types: string[] = [];
  parts.add(1, "[", "framing", "The list of events begins.", { source: "RFC 8259, section 5" });
  let from = 1;
  for (const [index, end] of ends.entries()) {
    if (index > 0) {
      parts.add(1, ",", "framing", "The next event of the list.", { source: "RFC 8259, section 5" });
      from += 1;
    }
    const { type, purpose, fields } = said(bytes.subarray(from, end));
    if (type !== null) types.push(type);
    parts.add(end - from, type === null ? "an element" : `event ${type}`, purpose, eventSays(type), {
      fields,
      source: "PROTOCOL.md, section 3",
    });
    from = end;
  }
  parts.add(1, "]", "framing", "The list is complete.", { source: "RFC 8259, section 5" });
  return { parts: parts.list, types };
}

/** Where each element of an array ends; null when the brackets don't come out even. */
function elementEnds(bytes: Uint8Array): readonly number[] | null {
  const ends: number[] = [];
  let depth = 0;
  let quoted = false;
  for (let at = 1; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte)) depth += 1;
    else if (depth > 0) {
      if (CLOSING.has(byte)) depth -= 1;
    } else if (byte === COMMA) ends.push(at);
    else if (CLOSING.has(byte)) {
      if (at !== bytes.length - 1) return null;
      return at === 1 && ends.length === 0 ? [] : [...ends, at];
    }
  }
  return null;
}

const SESSION = /("session"\s*:\s*")([^"\\]*)"/;

/** JSON that is no list, its session's token apart; null: it is no JSON object. */
export function objectParts(
  bytes: Uint8Array,
): { readonly parts: readonly Part[]; readonly types: readonly string[] } | null {
  const { type, purpose, fields } = said(bytes);
  if (fields.length === 0) return null;
  const label = type ?? "JSON";
  const explanation = type === null ? "What is asked or answered, as JSON." : eventSays(type);
  const parts = new Parts();
  const found = SESSION.exec(latin1(bytes));
  const source = "PROTOCOL.md, sections 2 to 4";
  if (found === null)
    return {
      parts: parts.add(bytes.length, label, purpose, explanation, { fields, source }).list,
      types: type === null ? [] : [type],
    };
  const [, before = "", token = ""] = found;
  const from = found.index + before.length;
  parts.add(from, label, purpose, explanation, { fields, source });
  parts.add(
    token.length,
    "session",
    "session",
    "The session's token: who has it may read and speak as this member, for 24 hours.",
    { source: "PROTOCOL.md, section 2" },
  );
  parts.add(bytes.length - from - token.length, label, purpose, explanation, { source });
  return { parts: parts.list, types: [] };
}

/** What an event, command or reply of this type is for. */
export function eventSays(type: string | null): string {
  switch (type) {
    case "message":
      return "A member said something. `seq` is its place in the room's log.";
    case "joined":
    case "left":
      return "A member has come, or gone. It is in the log like a message.";
    case "live":
      return "This reader has reached the end of the log: what comes from now on happens now.";
    case "idle":
      return "Nothing happened for a while, and the connection is alive.";
    case "gap":
      return "What came after the reader's cursor can't be replayed any more.";
    case "bye":
      return "The server ends this reader, and says why. It is always the last event.";
    case "typing":
      return "A member is typing.";
    case "census":
      return "How many are here, where they are too many to be told one by one.";
    case "ok":
      return "The command was carried out; `id` says which, `seq` where its event stands.";
    case "refused":
      return "The command was not carried out; `retry` says whether it is worth sending again.";
    case "say":
      return "A member's command to say something; `id` makes a repetition harmless.";
    case "alive":
      return "The client says that it is still there.";
    default:
      return "JSON of the protocol.";
  }
}
