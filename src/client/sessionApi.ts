import { isEpoch, parseCursor } from "../protocol/cursor.ts";
import type { Member } from "../protocol/events.ts";
import type { HistoryPage, Members, Session, SessionInfo, SessionRequest } from "../protocol/http.ts";
import type { Cursor, RoomName, SessionToken } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import { badAnswer, type Platform } from "../transports/contract.ts";
import { type Call, callJson } from "../transports/shared/http.client.ts";
import {
  isCount,
  isCursorField,
  isDownEvent,
  isMember,
  isNumbered,
  isObject,
} from "../transports/shared/incoming.client.ts";

const CURRENT = "api/sessions/current";
/** Several times what the server names at most. */
const MOST_MEMBERS = 1_000;

/** Only what the client builds upon is looked at; the rest is the server's word to the application. */
function isSessionInfo(value: unknown): value is SessionInfo {
  if (!isObject(value) || !isMember(value["member"]) || !Array.isArray(value["transports"])) return false;
  const { room, cursor, epoch, heartbeatMs, members, count, transports } = value;
  return (
    typeof room === "string" &&
    isCursorField(cursor) &&
    typeof epoch === "string" &&
    isEpoch(epoch) &&
    isCount(heartbeatMs) &&
    isCount(count) &&
    isMemberList(members) &&
    transports.every((transport) => isObject(transport) && typeof transport["name"] === "string")
  );
}

function isSession(value: unknown): value is Session {
  return isSessionInfo(value) && "session" in value && typeof value.session === "string";
}

function isMemberList(value: unknown): value is Member[] {
  return Array.isArray(value) && value.length <= MOST_MEMBERS && value.every(isMember);
}

function isMembers(value: unknown): value is Members {
  return isObject(value) && isCount(value["count"]) && isMemberList(value["members"]);
}

/**
 * Whether this is a page of the log up to `before`: in order, not after it, and with a next page, if any, that is
 * further back. Who pages through it comes to an end.
 */
function isPageBefore(before: Cursor): (value: unknown) => value is HistoryPage {
  const place = parseCursor(before);
  return (value): value is HistoryPage => {
    if (!isObject(value) || !Array.isArray(value["events"])) return false;
    const { events, cursor } = value;
    let last = 0;
    for (const event of events) {
      if (!isDownEvent(event) || !isNumbered(event) || event.seq <= last) return false;
      last = event.seq;
    }
    if (place === null || last > place.seq) return false;
    if (cursor === null) return true;
    const next = isCursorField(cursor) ? parseCursor(cursor) : null;
    return next !== null && next.epoch === place.epoch && next.seq < place.seq;
  };
}

/** Whether the text has the form of a room's name. */
export function isRoomName(text: string): text is RoomName {
  return text.length <= LIMITS.roomCharacters && /^[a-z0-9][a-z0-9-]*$/.test(text);
}

/**
 * The routes under /api, one attempt each. Every call rejects with ProtocolError when the server refuses and with
 * LinkError when the network fails.
 */
export class SessionApi {
  readonly #base: URL;
  readonly #platform: Platform;
  readonly #signal: AbortSignal;

  constructor(base: URL, platform: Platform, signal: AbortSignal) {
    this.#base = base;
    this.#platform = platform;
    this.#signal = signal;
  }

  open(body: SessionRequest): Promise<Session> {
    return this.#ask({ path: "api/sessions", method: "POST", body }, isSession);
  }

  /** Gives up after `ms`, if given. */
  current(session: SessionToken, ms?: number): Promise<SessionInfo> {
    return this.#ask({ path: CURRENT, session }, isSessionInfo, ms);
  }

  async end(session: SessionToken): Promise<void> {
    await this.#call({ path: CURRENT, method: "DELETE", session });
  }

  /** A sign of life, for streams on which the server can't hear one. */
  async alive(session: SessionToken): Promise<void> {
    await this.#call({ path: "api/commands", method: "POST", session, body: { type: "alive" } });
  }

  history(session: SessionToken, before: Cursor, limit: number | undefined): Promise<HistoryPage> {
    const query = { before, ...(limit === undefined ? {} : { limit: String(limit) }) };
    return this.#ask({ path: "api/history", session, query }, isPageBefore(before));
  }

  members(session: SessionToken): Promise<Members> {
    return this.#ask({ path: "api/members", session }, isMembers);
  }

  #call(call: Omit<Call, "base">, ms?: number): Promise<unknown> {
    return callJson(this.#platform, { base: this.#base, ...call }, this.#signal, ms);
  }

  async #ask<T>(call: Omit<Call, "base">, isAnswer: (value: unknown) => value is T, ms?: number): Promise<T> {
    const answer = await this.#call(call, ms);
    if (isAnswer(answer)) return answer;
    throw badAnswer(`The answer to ${call.path} is not Skyrocket's`);
  }
}
