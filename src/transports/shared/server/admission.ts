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

/** The session as a bearer token or, where headers can't be set, as `?session=`. */
export function tokenOf(request: FastifyRequest): SessionToken | undefined {
  const { authorization } = request.headers;
  const inQuery = queryOf(request, "session");
  const token = authorization === undefined ? inQuery : bearer(authorization);
  return isToken(token) ? token : undefined;
}

/** The link's number, `?reader=`. Throws `malformed` for anything but a whole number from 1 on. */
export function readerOf(request: FastifyRequest): number | undefined {
  const reader = queryOf(request, "reader");
  if (reader === undefined) return undefined;
  if (READER.test(reader)) return Number(reader);
  throw new ProtocolError("malformed", { message: "`reader` must be a whole number from 1 to 999999999." });
}

/** Asks the hub to admit a reader. Throws or rejects with a ProtocolError, `malformed` if the query can't be read. */
export function admit(hub: Hub, transport: string, request: FastifyRequest): Admission | Promise<Admission> {
  return hub.admit(askOf(request, transport));
}

/** Reads from the request what is asked of the hub. Throws `malformed`. */
function askOf(request: FastifyRequest, transport: string): AttachRequest {
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
 * A route's handler whose answer is the reader: asks the hub for a seat and attaches with it in the same turn. What is
 * thrown or rejected before `attach` hijacks the reply is an HTTP answer like any other.
 *
 * `attach` is made once for the route: one made for each request would keep that request and its reply in memory for as
 * long as a poll is held, by way of the closures it makes itself.
 */
export function withSeat(
  hub: Hub,
  transport: string,
  attach: (seat: Admission, request: FastifyRequest, reply: FastifyReply) => void,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined {
  return (request, reply) => {
    const seat = admit(hub, transport, request);
    if (seat instanceof Promise) return seat.then((given) => attach(given, request, reply));
    attach(seat, request, reply);
    return undefined;
  };
}

function bearer(authorization: string): string | undefined {
  // The spelling nearly all clients use needs no regular expression; schemes are case-insensitive (RFC 9110, 11.1).
  return authorization.startsWith("Bearer ") ? authorization.slice(7).trim() : BEARER.exec(authorization)?.[1];
}

function isToken(text: string | undefined): text is SessionToken {
  return text !== undefined && text !== "";
}
