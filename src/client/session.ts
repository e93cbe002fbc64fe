import { isCursor, isEpoch, parseCursor } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Member } from "../protocol/events.ts";
import type { HistoryPage, Members, Session, SessionInfo, SessionRequest } from "../protocol/http.ts";
import type { Cursor, SessionToken } from "../protocol/ids.ts";
import { badAnswer, type Platform } from "../transports/contract.ts";
import { sleep } from "../transports/shared/client/async.ts";
import { type Call, callJson } from "../transports/shared/client/http.ts";
import {
  isCount,
  isCursorField,
  isDownEvent,
  isDurable,
  isMember,
  isObject,
} from "../transports/shared/client/incoming.ts";
import { Backoff, CLIENT_TIMINGS, isSessionGone } from "./retry.ts";
import type { Resumption } from "./types.ts";

/** An open session, and the cursor that its first link reads from. */
export interface OpenSession {
  readonly token: SessionToken;
  readonly info: SessionInfo;
  readonly resumed: boolean;
  readonly cursor: Cursor;
}

/**
 * Resumes the session of `resume` if the server still knows it, otherwise opens a new one. One attempt.
 * Rejects with ProtocolError if refused, LinkError if the network failed.
 */
export async function openSession(
  api: SessionApi,
  request: SessionRequest,
  resume: Resumption | undefined,
): Promise<OpenSession> {
  if (resume !== undefined) {
    try {
      const info = await api.current(resume.session);
      // Another program may have changed what an earlier page stored.
      const cursor = isCursor(resume.cursor) ? resume.cursor : info.cursor;
      if (info.room === request.room) return { token: resume.session, info, resumed: true, cursor };
    } catch (error) {
      if (!(error instanceof ProtocolError) || !isSessionGone(error)) throw error;
    }
  }
  const { session: token, ...info } = await api.open(request);
  return { token, info, resumed: false, cursor: info.cursor };
}

/** Ends the session on the server, with a few attempts. Rejects with the last error if all fail. */
export async function leaveRoom(
  api: SessionApi,
  token: SessionToken,
  platform: Platform,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(() => platform.random());
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.end(token);
    } catch (error) {
      const refusal = error instanceof ProtocolError ? error : null;
      if (refusal !== null && isSessionGone(refusal)) return;
      if (attempt === CLIENT_TIMINGS.leaveAttempts || refusal?.retry === false) throw error;
      await sleep(platform, backoff.next(refusal?.retryAfterMs), signal);
    }
  }
}

const CURRENT = "api/sessions/current";

/**
 * The requests under /api, one attempt each. Each rejects with ProtocolError if the server refuses it, and with LinkError
 * if the network fails.
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

  /** Resolves to the session's state. `ms` is the timeout, by default that of the platform. */
  current(session: SessionToken, ms?: number): Promise<SessionInfo> {
    return this.#ask({ path: CURRENT, session }, isSessionInfo, ms);
  }

  async end(session: SessionToken): Promise<void> {
    await this.#call({ path: CURRENT, method: "DELETE", session });
  }

  /** Sends a keep-alive, for streams that have no up-leg. */
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

/** Several times the longest list that the server sends. */
const MAX_MEMBERS = 1_000;

/** Checks the fields that the client uses. The others are passed to the application unchecked. */
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
  return Array.isArray(value) && value.length <= MAX_MEMBERS && value.every(isMember);
}

function isMembers(value: unknown): value is Members {
  return isObject(value) && isCount(value["count"]) && isMemberList(value["members"]);
}

/**
 * Returns a check for a page of the log up to `before`. Its events must be in order, and none may be after `before`. The
 * cursor of the next page must be older, so that a client that follows the pages comes to an end.
 */
function isPageBefore(before: Cursor): (value: unknown) => value is HistoryPage {
  const position = parseCursor(before);
  return (value): value is HistoryPage => {
    if (!isObject(value) || !Array.isArray(value["events"])) return false;
    const { events, cursor } = value;
    let last = 0;
    for (const event of events) {
      if (!isDownEvent(event) || !isDurable(event) || event.seq <= last) return false;
      last = event.seq;
    }
    if (position === null || last > position.seq) return false;
    if (cursor === null) return true;
    const next = isCursorField(cursor) ? parseCursor(cursor) : null;
    return next !== null && next.epoch === position.epoch && next.seq < position.seq;
  };
}

/** A host without a scheme, perhaps with a port and a path. "localhost:80" would parse as a scheme and a path. */
const BARE_HOST = /^[\w.-]+(:\d+)?(\/.*)?$/;

/** Describes why an address is unusable. Repeats the address only if it can't contain a secret. */
function unusable(reason: string, text = ""): RangeError {
  const hint = BARE_HOST.test(text) ? ` Did you mean "http://${text}"?` : "";
  return new RangeError(`The server's address${text === "" ? "" : `, "${text}",`} ${reason}.${hint}`);
}

/**
 * Returns the URL that all paths of PROTOCOL.md are resolved against: http or https, without a query or fragment, with a
 * path that ends in a slash. Returns a RangeError if the address can't be a server's.
 */
export function baseOf(address: string | URL): URL | RangeError {
  const text = String(address).trim();
  // An empty address would mean the page's own, which is never intended.
  if (text === "") return unusable("is empty");
  // A worker has no document. Node has neither document nor location.
  const page = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (!URL.canParse(text, page)) return unusable(page === undefined ? "is not an absolute URL" : "is not a URL", text);
  const { protocol, username, password, port, host, pathname } = new URL(text, page);
  if (username + password !== "") return unusable("can't hold a user name or password");
  const scheme = protocol.replace(/^ws/, "http");
  if (!/^https?:$/.test(scheme)) return unusable("must begin with http:, https:, ws: or wss:", text);
  if (port === "0") return unusable("can't have port 0", text);
  return new URL(`${scheme}//${host}${pathname.replace(/\/?$/, "/")}`);
}
