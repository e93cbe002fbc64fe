import { isCursor } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Session, SessionInfo, SessionRequest } from "../protocol/http.ts";
import type { Cursor, SessionToken } from "../protocol/ids.ts";
import { endOf, isSessionGone, type LinkEnd } from "./judge.ts";
import type { Pacer } from "./pacer.ts";
import type { SessionApi } from "./sessionApi.ts";
import type { Resumption } from "./types.ts";

/** A session in hand, and the place its first link reads on from. */
export interface OpenSession {
  readonly token: SessionToken;
  readonly info: SessionInfo;
  readonly resumed: boolean;
  readonly cursor: Cursor;
}

function withoutSecret({ session: _secret, ...info }: Session): SessionInfo {
  return info;
}

/** Opens a new session, one attempt. */
async function openNew(api: SessionApi, request: SessionRequest): Promise<OpenSession> {
  const session = await api.open(request);
  return { token: session.session, info: withoutSecret(session), resumed: false, cursor: session.cursor };
}

async function openOnce(
  api: SessionApi,
  request: SessionRequest,
  resume: Resumption | undefined,
): Promise<OpenSession> {
  if (resume === undefined) return openNew(api, request);
  try {
    const info = await api.current(resume.session);
    // What was stored by an earlier page may have been written by anything.
    const cursor = isCursor(resume.cursor) ? resume.cursor : info.cursor;
    if (info.room === request.room) return { token: resume.session, info, resumed: true, cursor };
  } catch (error) {
    if (!(error instanceof ProtocolError) || !isSessionGone(error)) throw error;
  }
  return openNew(api, request);
}

/**
 * Opens a session, or takes up the one given if the server still knows it, and tries until that succeeds. Calls `failed`
 * with each failure that is followed by another attempt.
 * Rejects with ProtocolError when refused for good, with the last error when the lifetime ends.
 */
export async function openSession(
  api: SessionApi,
  request: SessionRequest,
  resume: Resumption | undefined,
  pacer: Pacer,
  signal: AbortSignal,
  announce: (inMs: number) => void,
  failed: (end: LinkEnd) => void,
): Promise<OpenSession> {
  await pacer.ready(announce);
  for (;;) {
    signal.throwIfAborted();
    announce(0);
    try {
      return await openOnce(api, request, resume);
    } catch (error) {
      const fatal = error instanceof ProtocolError && !error.retry;
      if (fatal || signal.aborted) throw error;
      failed(endOf(error));
      await pacer.pause(error instanceof ProtocolError ? error.retryAfterMs : undefined, announce);
    }
  }
}
