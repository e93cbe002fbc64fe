import type { FastifyReply, FastifyRequest } from "fastify";
import type { Admission, AttachRequest, Hub } from "../../../chat/ports.ts";
import { ProtocolError } from "../../../protocol/errors.ts";
import type { SessionToken } from "../../../protocol/ids.ts";

const READER = /^[1-9][0-9]{0,8}$/;
const BEARER = /^Bearer +([^ ]+)$/i;

/**
 * Returns one query parameter as text; undefined when it is missing. Throws `malformed` when it is given more than once:
 * proxies and servers disagree about which of them counts.
 */
export function queryOf(request: FastifyRequest, name: string): string | undefined {
  const { query } = request;
  if (typeof query !== "object" || query === null) return undefined;
  const value: unknown = Reflect.get(query, name);
  if (Array.isArray(value)) throw new ProtocolError("malformed", { message: `\`${name}\` is given more than once.` });
  return typeof value === "string" ? value : undefined;
}

/** Returns the session's token: the bearer token or, where headers can't be set, `?session=`. */
export function tokenOf(request: FastifyRequest): SessionToken | undefined {
  const { authorization } = request.headers;
  const inQuery = queryOf(request, "session");
  const token = authorization === undefined ? inQuery : bearer(authorization);
  return isToken(token) ? token : undefined;
}

/** Returns the link's number, `?reader=`. Throws `malformed` for anything but a whole number from 1 on. */
export function readerOf(request: FastifyRequest): number | undefined {
  const reader = queryOf(request, "reader");
  if (reader === undefined) return undefined;
  if (READER.test(reader)) return Number(reader);
  throw new ProtocolError("malformed", { message: "`reader` must be a whole number from 1 to 999999999." });
}

/** Asks the hub to admit a reader. Throws or rejects with a ProtocolError, `malformed` if the query can't be read. */
export function admit(hub: Hub, transport: string, request: FastifyRequest): Admission | Promise<Admission> {
  return hub.admit(attachRequestOf(request, transport));
}

/** Builds the hub's AttachRequest from the HTTP request. Throws `malformed`. */
function attachRequestOf(request: FastifyRequest, transport: string): AttachRequest {
  // A native EventSource always repeats its first `after`; its present position is in the header.
  const lastEventId = request.headers["last-event-id"];
  const after = queryOf(request, "after");
  return {
    session: tokenOf(request),
    after: typeof lastEventId === "string" && lastEventId !== "" ? lastEventId : after,
    reader: readerOf(request),
    transport,
  };
}

/**
 * Makes a handler for a route whose response the reader writes: asks the hub for an admission and attaches with it in the
 * same turn. What is thrown or rejected before `attach` hijacks the reply is an HTTP answer like any other.
 *
 * Pass one function per route, not a closure per request: the listeners it registers would keep the whole closure, and so
 * request and reply, alive for as long as a poll is held.
 */
export function withAdmission(
  hub: Hub,
  transport: string,
  attach: (admission: Admission, request: FastifyRequest, reply: FastifyReply) => void,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined {
  return (request, reply) => {
    const admission = admit(hub, transport, request);
    if (admission instanceof Promise) return admission.then((given) => attach(given, request, reply));
    attach(admission, request, reply);
    return undefined;
  };
}

function bearer(authorization: string): string | undefined {
  // The spelling nearly all clients use needs no regular expression; schemes are case-insensitive (RFC 9110, 11.1).
  const token = authorization.startsWith("Bearer ") ? authorization.slice(7).trim() : undefined;
  return token === undefined || token.includes(" ") ? BEARER.exec(authorization)?.[1] : token;
}

function isToken(text: string | undefined): text is SessionToken {
  return text !== undefined && text !== "";
}
