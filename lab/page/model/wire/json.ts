import { toJson } from "../../../engine/decoder/json.ts";
import { nameOf } from "../message-sender.ts";
import type { Note } from "./note.ts";

/** Events of the log: their JSON counts as payload. What the protocol says beside them is overhead. */
const NUMBERED = ["message", "joined", "left"];

/** The notes that a text of JSON is worth. Its characters stand for bytes, as in latin1. */
export function notesOf(text: string): Note[] {
  const value = parse(text);
  if (Array.isArray(value)) return value.flatMap((item) => noteOf(item, toJson(item).length));
  return noteOf(value, text.length);
}

function noteOf(value: unknown, bytes: number): Note[] {
  if (typeof value !== "object" || value === null || !("type" in value)) return [];
  const message = "text" in value && typeof value.text === "string" ? nameOf(value.text) : null;
  if (value.type === "say") return [{ kind: "command", message, bytes }];
  if (NUMBERED.some((type) => type === value.type)) return [{ kind: "event", message, bytes }];
  return [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
