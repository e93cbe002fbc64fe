import { type ErrorCode, isErrorCode, ProtocolError } from "../../protocol/errors.ts";
import type { SessionToken } from "../../protocol/ids.ts";
import { LinkError, type Platform } from "../contract.ts";
import { isObject, parseJson } from "./incoming.client.ts";
import { lifetimeWithin } from "./lifetime.client.ts";

/** An answer that takes longer is given up: the way is taken for broken. */
export const REQUEST_MS = 10_000;

/** One HTTP request of the protocol. */
export interface Call {
  readonly base: URL;
  /** Resolved against `base`, without a leading slash. */
  readonly path: string;
  readonly method?: "GET" | "POST" | "DELETE";
  readonly session?: SessionToken;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly accept?: string;
}

function target(call: Call, sessionInUrl: boolean): URL {
  const url = new URL(call.path, call.base);
  for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
  if (sessionInUrl && call.session !== undefined) url.searchParams.set("session", call.session);
  return url;
}

/** Differs in each request, so that no cache has an answer to it; there are those that were told to ignore `no-store`. */
function unlikeAnyOther(platform: Platform): string {
  return Math.floor(platform.random() * 2 ** 32).toString(36);
}

/** Throws LinkError where the answer is a stored one: RFC 9111, section 5.1. */
function refuseStored(response: Response): Response {
  const age = Number(response.headers.get("age") ?? 0);
  if (!(age > 0)) return response;
  throw new LinkError(`The answer is ${age} s old. Something in between stores what it is told not to.`);
}

/** Sends a request and resolves to its answer, whatever its status. Rejects with LinkError when there was none of the server's. */
export async function request(platform: Platform, call: Call, signal: AbortSignal): Promise<Response> {
  // Cross-origin, an Authorization header would cost a preflight per address; the same session in the URL costs none.
  const crossOrigin = platform.origin !== undefined && platform.origin !== call.base.origin;
  const headers: Record<string, string> = {};
  if (call.accept !== undefined) headers["accept"] = call.accept;
  if (call.session !== undefined && !crossOrigin) headers["authorization"] = `Bearer ${call.session}`;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  const { method = "GET" } = call;
  const url = target(call, crossOrigin);
  if (method === "GET") url.searchParams.set("t", unlikeAnyOther(platform));
  try {
    const response = await platform.fetch(url, {
      method,
      headers,
      signal,
      // Browsers run equal GETs one after the other while the first might still fill the cache.
      cache: "no-store",
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    return refuseStored(response);
  } catch (cause) {
    throw asLinkError(cause, `No answer from ${call.base.host}. Check the network and the server's address.`);
  }
}

/** The error as it is where it says what happened, else a LinkError with it as its cause. */
export function asLinkError(error: unknown, message: string): Error {
  return error instanceof LinkError || error instanceof ProtocolError
    ? error
    : new LinkError(message, { cause: error });
}

/** Gives `task` at most `ms`, after which its signal is aborted and it rejects with LinkError. */
export async function within<T>(
  platform: Platform,
  ms: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lifetime = lifetimeWithin(signal);
  const cancel = platform.schedule(() => lifetime.end(new LinkError(`No answer within ${ms} ms.`)), ms);
  try {
    return await task(lifetime.signal);
  } finally {
    cancel();
    lifetime.end();
  }
}

/** The body's text. Rejects with LinkError when it is cut off. */
export async function textOf(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw asLinkError(cause, "The answer was cut off.");
  }
}

/** Statuses that say enough by themselves, where the body is not the server's own: a proxy has answered. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 403) return "not_allowed";
  if (status === 404) return "not_found";
  if (status === 405) return "method_not_allowed";
  if (status === 408) return "timed_out";
  if (status === 413) return "too_large";
  if (status === 415) return "unsupported_type";
  if (status === 429) return "too_many";
  if (status === 431) return "headers_too_large";
  if (status === 503) return "overloaded";
  return status >= 500 ? "internal" : "malformed";
}

/** Milliseconds of a Retry-After header, given as seconds or as a date; undefined without a usable one. */
export function retryAfterMs(headers: Headers, wallNow: number): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - wallNow;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** What a refusing answer says: the table's entry named in its body, else the one nearest to its status. */
export function refusalOf(response: Response, body: unknown, platform: Platform): ProtocolError {
  const wait = retryAfterMs(response.headers, platform.wallNow());
  const details = wait === undefined ? {} : { retryAfterMs: wait };
  if (isObject(body) && isErrorCode(body["code"])) {
    const message = typeof body["message"] === "string" ? { message: body["message"] } : {};
    return new ProtocolError(body["code"], { ...details, ...message });
  }
  const message = `Something between here and the server has answered, with ${response.status}.`;
  return new ProtocolError(codeOfStatus(response.status), { ...details, message });
}

/** JSON where the body is JSON, else undefined: for refusals, whose status says enough. */
export async function bodyOf(response: Response): Promise<unknown> {
  const text = await textOf(response);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Sends a request and resolves to the JSON of its answer, undefined for an empty one.
 * Rejects with ProtocolError when refused, LinkError when the network failed or `ms` have passed.
 */
export function callJson(
  platform: Platform,
  call: Call,
  signal: AbortSignal,
  ms: number = REQUEST_MS,
): Promise<unknown> {
  return within(platform, ms, signal, async (inner) => {
    const response = await request(platform, { accept: "application/json", ...call }, inner);
    if (!response.ok) throw refusalOf(response, await bodyOf(response), platform);
    const text = await textOf(response);
    return text === "" ? undefined : parseJson(text);
  });
}
