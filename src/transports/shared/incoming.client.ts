import type { Reply } from "../../protocol/commands.ts";
import { isCursor } from "../../protocol/cursor.ts";
import { BYES, isErrorCode } from "../../protocol/errors.ts";
import type { DownEvent, NumberedEvent } from "../../protocol/events.ts";
import { LinkError } from "../contract.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Whether parsed JSON is an object whose fields can be looked at. */
export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON that came from the server. Throws LinkError where it isn't: then something else has answered. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LinkError("The answer is not JSON. Something between here and the server may have replaced it.", {
      cause,
    });
  }
}

function isMember(value: unknown): boolean {
  return isObject(value) && typeof value["id"] === "string" && typeof value["name"] === "string";
}

/** A cursor holds 15 digits: beyond, no place could be counted from it. */
const MOST_SEQ = 999_999_999_999_999;

function isNumberedFrame(value: Fields): boolean {
  const { seq, at } = value;
  return typeof seq === "number" && Number.isInteger(seq) && seq >= 1 && seq <= MOST_SEQ && Number.isFinite(at);
}

function isCursorField(value: unknown): boolean {
  return typeof value === "string" && isCursor(value);
}

const CHECKS: { readonly [Type in DownEvent["type"]]: (value: Fields) => boolean } = {
  message: (value) =>
    isNumberedFrame(value) &&
    isMember(value["from"]) &&
    typeof value["id"] === "string" &&
    typeof value["text"] === "string",
  joined: (value) => isNumberedFrame(value) && isMember(value["member"]),
  left: (value) => isNumberedFrame(value) && isMember(value["member"]),
  live: (value) =>
    Number.isFinite(value["at"]) && isCursorField(value["cursor"]) && Number.isSafeInteger(value["replayed"]),
  typing: (value) => Number.isFinite(value["at"]) && isMember(value["member"]),
  census: (value) => Number.isFinite(value["at"]) && Number.isSafeInteger(value["count"]),
  idle: (value) => Number.isFinite(value["at"]),
  gap: (value) => isCursorField(value["cursor"]) && (value["missed"] === null || Number.isSafeInteger(value["missed"])),
  bye: (value) => typeof value["reason"] === "string" && Object.hasOwn(BYES, value["reason"]),
};

function isKnownType(type: unknown): type is DownEvent["type"] {
  return typeof type === "string" && Object.hasOwn(CHECKS, type);
}

/** Whether this is an event this client knows, with the fields it reads. Throws LinkError for a known type that is broken. */
export function isDownEvent(value: unknown): value is DownEvent {
  if (!isObject(value) || !isKnownType(value["type"])) return false;
  if (CHECKS[value["type"]](value)) return true;
  throw new LinkError(`The server sent a "${value["type"]}" event that can't be read.`);
}

/** Whether the event is in the log and carries a `seq`. */
export function isNumbered(event: DownEvent): event is NumberedEvent {
  return "seq" in event;
}

/** Whether this answers a command. */
export function isReply(value: unknown): value is Reply {
  if (!isObject(value) || typeof value["id"] !== "string") return false;
  if (value["type"] === "ok") return value["seq"] === undefined || Number.isSafeInteger(value["seq"]);
  return value["type"] === "refused" && isErrorCode(value["code"]) && typeof value["retry"] === "boolean";
}
