import type { Reply } from "../../../protocol/commands.ts";
import { isCursor } from "../../../protocol/cursor.ts";
import { BYES, isErrorCode } from "../../../protocol/errors.ts";
import type { DownEvent, DurableEvent, Member } from "../../../protocol/events.ts";
import type { Cursor } from "../../../protocol/ids.ts";
import { badAnswer } from "../../contract.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Returns whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON from the server. Throws LinkError if it is not JSON: then something else has answered. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badAnswer("The answer is not JSON", cause);
  }
}

/** The longest wait that a server can ask for. Otherwise one wrong number would stop the client for days. */
const MAX_HINT_MS = 300_000;

/** Returns the ms that the server asks the client to wait; undefined if the value is not a valid wait. */
export function hintMs(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? Math.min(value, MAX_HINT_MS) : undefined;
}

/** Returns whether a value is a non-negative safe integer. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Returns whether a value is a member. `via` is absent if the server knows no transport. */
export function isMember(value: unknown): value is Member {
  if (!isObject(value) || typeof value["id"] !== "string" || typeof value["name"] !== "string") return false;
  return hasVia(value);
}

function hasVia({ via }: Fields): boolean {
  return via === undefined || typeof via === "string";
}

/** The largest seq: a cursor has at most 15 digits. */
const MAX_SEQ = 999_999_999_999_999;

function isSeq(value: unknown): boolean {
  return isCount(value) && value >= 1 && value <= MAX_SEQ;
}

function isDurableFrame(value: Fields): boolean {
  return isSeq(value["seq"]) && Number.isFinite(value["at"]) && hasVia(value);
}

export function isCursorField(value: unknown): value is Cursor {
  return typeof value === "string" && isCursor(value);
}

const CHECKS: { readonly [Type in DownEvent["type"]]: (value: Fields) => boolean } = {
  message: (value) =>
    isDurableFrame(value) &&
    isMember(value["from"]) &&
    typeof value["id"] === "string" &&
    typeof value["text"] === "string",
  joined: (value) => isDurableFrame(value) && isMember(value["member"]),
  left: (value) => isDurableFrame(value) && isMember(value["member"]),
  live: (value) => Number.isFinite(value["at"]) && isCursorField(value["cursor"]) && isCount(value["replayed"]),
  typing: (value) => Number.isFinite(value["at"]) && isMember(value["member"]),
  census: (value) => Number.isFinite(value["at"]) && isCount(value["count"]),
  idle: (value) => Number.isFinite(value["at"]),
  gap: (value) => isCursorField(value["cursor"]) && (value["missed"] === null || isCount(value["missed"])),
  bye: (value) => typeof value["reason"] === "string" && Object.hasOwn(BYES, value["reason"]),
};

function isKnownType(type: unknown): type is DownEvent["type"] {
  return typeof type === "string" && Object.hasOwn(CHECKS, type);
}

/** Returns whether a value is an event that this client knows. Throws LinkError if a known type has invalid fields. */
export function isDownEvent(value: unknown): value is DownEvent {
  if (!isObject(value) || !isKnownType(value["type"])) return false;
  if (CHECKS[value["type"]](value)) return true;
  throw badAnswer(`A "${value["type"]}" event can't be read`);
}

/** Returns whether the event is in the log and has a `seq`. */
export function isDurable(event: DownEvent): event is DurableEvent {
  return "seq" in event;
}

/** Returns whether a value is the reply to a command. */
export function isReply(value: unknown): value is Reply {
  if (!isObject(value) || typeof value["id"] !== "string") return false;
  if (value["type"] === "ok") return value["seq"] === undefined || isSeq(value["seq"]);
  return value["type"] === "refused" && isErrorCode(value["code"]) && typeof value["message"] === "string";
}
