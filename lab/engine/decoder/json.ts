import { latin1, utf8 } from "./bytes.ts";
import { type Field, type Part, Parts, type Purpose } from "./spans.ts";

/** Characters shown of one value, and fields shown of one object. */
const MAX_SHOWN_CHARACTERS = 2_000;
const MAX_SHOWN_FIELDS = 100;
/** Longer types are cut. Those of the protocol are shorter. */
const MAX_TYPE_CHARACTERS = 64;

/** The protocol's JSON: an event, a command or a reply. */
export interface ProtocolJson {
  /** null if it has none. */
  readonly type: string | null;
  readonly purpose: Purpose;
  readonly fields: readonly Field[];
}

/** Reads the protocol's JSON. Heartbeats (`idle`, `alive`) count as liveness, not as payload. */
export function readProtocolJson(bytes: Uint8Array): ProtocolJson {
  const value = jsonOrUndefined(utf8(bytes));
  const fields: Field[] = [];
  let type: string | null = null;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if ("type" in value && typeof value.type === "string") type = value.type.slice(0, MAX_TYPE_CHARACTERS);
    for (const [name, each] of Object.entries(value)) {
      if (fields.length === MAX_SHOWN_FIELDS) {
        fields.push({ name: "…", value: "More fields than can be listed here." });
        break;
      }
      fields.push({
        name: name.slice(0, MAX_SHOWN_CHARACTERS),
        value: (typeof each === "string" ? each : toJson(each)).slice(0, MAX_SHOWN_CHARACTERS),
      });
    }
  }
  return { type, purpose: type === "idle" || type === "alive" ? "liveness" : "payload", fields };
}

/** Returns a value as JSON. `JSON.stringify` recurses where `JSON.parse` does not: too deep a value becomes a note. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "nested too deeply to show";
  }
}

/** Parses JSON. Returns undefined, which JSON can't express, if the text is not JSON. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parts of a JSON body, and the types of the events, commands and replies in it. */
export interface JsonParts {
  readonly parts: readonly Part[];
  readonly types: readonly string[];
}

const LIST = { source: "RFC 8259, section 5" };

/** Decodes a poll's response, an array with one part per event. Returns null if the bytes are not an array. */
export function arrayParts(bytes: Uint8Array): JsonParts | null {
  if (bytes[0] !== OPEN_ARRAY || bytes.at(-1) !== CLOSE_ARRAY || bytes.length < 2) return null;
  const ends = elementEnds(bytes);
  if (ends === null) return null;
  const parts = new Parts();
  const types: string[] = [];
  parts.add(1, "[", "framing", "Begins the list of events.", LIST);
  let from = 1;
  for (const [index, end] of ends.entries()) {
    if (index > 0) {
      parts.add(1, ",", "framing", "Separates two events.", LIST);
      from += 1;
    }
    const { type, purpose, fields } = readProtocolJson(bytes.subarray(from, end));
    if (type !== null) types.push(type);
    parts.add(end - from, type === null ? "an element" : `event ${type}`, purpose, describeType(type), {
      fields,
      source: "PROTOCOL.md, section 3",
    });
    from = end;
  }
  parts.add(1, "]", "framing", "Ends the list.", LIST);
  return { parts: parts.list, types };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPENING_BRACKETS = new Set([OPEN_ARRAY, 0x7b]);
const CLOSING_BRACKETS = new Set([CLOSE_ARRAY, 0x7d]);

/** Returns where each element of an array ends; null if the brackets are unbalanced. */
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
    else if (OPENING_BRACKETS.has(byte)) depth += 1;
    else if (depth > 0) {
      if (CLOSING_BRACKETS.has(byte)) depth -= 1;
    } else if (byte === COMMA) ends.push(at);
    else if (CLOSING_BRACKETS.has(byte)) {
      if (at !== bytes.length - 1) return null;
      return at === 1 && ends.length === 0 ? [] : [...ends, at];
    }
  }
  return null;
}

const SESSION_TOKEN = /("session"\s*:\s*")([^"\\]*)"/;

/** Decodes a JSON object. A session token in it is a part of its own. Returns null if the bytes are not an object. */
export function objectParts(bytes: Uint8Array): JsonParts | null {
  const { type, purpose, fields } = readProtocolJson(bytes);
  if (fields.length === 0) return null;
  const label = type ?? "JSON";
  const explanation = type === null ? "A request or response of the protocol, as JSON." : describeType(type);
  const parts = new Parts();
  const found = SESSION_TOKEN.exec(latin1(bytes));
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
    "The session token. Anyone who has it can read and send as this member for 24 hours.",
    { source: "PROTOCOL.md, section 2" },
  );
  parts.add(bytes.length - from - token.length, label, purpose, explanation, { source });
  return { parts: parts.list, types: [] };
}

/** Describes an event, command or reply by its type. */
export function describeType(type: string | null): string {
  switch (type) {
    case "message":
      return "A member sent a message. `seq` is its position in the room's log.";
    case "joined":
      return "A member joined. The log keeps this event like a message.";
    case "left":
      return "A member left. The log keeps this event like a message.";
    case "live":
      return "The reader has reached the end of the log. Later events are live.";
    case "idle":
      return "Nothing happened for a while. A heartbeat of a stream, or the response of a poll whose hold ended.";
    case "gap":
      return "Some events after the reader's cursor can't be replayed any more.";
    case "bye":
      return "The server ends this reader and gives the reason. It is always the last event.";
    case "typing":
      return "A member is typing.";
    case "census":
      return "The number of members, in rooms too large for an event per member.";
    case "ok":
      return "The command succeeded. `id` names the command, `seq` the position of its event.";
    case "refused":
      return "The command failed. `retry` tells whether sending it again can help.";
    case "say":
      return "A command that sends a message. Its `id` makes a repeated send harmless.";
    case "alive":
      return "The client's heartbeat.";
    default:
      return "JSON of the protocol.";
  }
}
