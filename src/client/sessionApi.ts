import { isCursor, isEpoch } from "../protocol/cursor.ts";
import type { HistoryPage, Members, Session, SessionInfo, SessionRequest } from "../protocol/http.ts";
import type { Cursor, RoomName, SessionToken } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import { LinkError, type Platform } from "../transports/contract.ts";
import { type Call, callJson } from "../transports/shared/http.client.ts";
import { isObject } from "../transports/shared/incoming.client.ts";

const CURRENT = "api/sessions/current";

/** Only what the client builds upon is looked at; the rest is the server's word to the application. */
function isSessionInfo(value: unknown): value is SessionInfo {
  if (!isObject(value) || !isObject(value["member"]) || !Array.isArray(value["transports"])) return false;
  const { cursor, epoch, heartbeatMs, member, transports } = value;
  return (
    typeof member["id"] === "string" &&
    typeof cursor === "string" &&
    isCursor(cursor) &&
    typeof epoch === "string" &&
    isEpoch(epoch) &&
    Number.isFinite(heartbeatMs) &&
    transports.every((transport) => isObject(transport) && typeof transport["name"] === "string")
  );
}

function isSession(value: unknown): value is Session {
  return isSessionInfo(value) && "session" in value && typeof value.session === "string";
}

function isHistoryPage(value: unknown): value is HistoryPage {
  return isObject(value) && Array.isArray(value["events"]);
}

function isMembers(value: unknown): value is Members {
  return isObject(value) && Number.isSafeInteger(value["count"]) && Array.isArray(value["members"]);
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

  current(session: SessionToken): Promise<SessionInfo> {
    return this.#ask({ path: CURRENT, session }, isSessionInfo);
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
    return this.#ask({ path: "api/history", session, query }, isHistoryPage);
  }

  members(session: SessionToken): Promise<Members> {
    return this.#ask({ path: "api/members", session }, isMembers);
  }

  #call(call: Omit<Call, "base">): Promise<unknown> {
    return callJson(this.#platform, { base: this.#base, ...call }, this.#signal);
  }

  async #ask<T>(call: Omit<Call, "base">, isAnswer: (value: unknown) => value is T): Promise<T> {
    const answer = await this.#call(call);
    if (isAnswer(answer)) return answer;
    throw new LinkError(`The answer to ${call.path} is not one of Skyrocket's. Check the server's address.`);
  }
}
