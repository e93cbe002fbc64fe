import { type ErrorCode, isErrorCode, ProtocolError } from "../../protocol/errors.ts";
import type { SessionToken } from "../../protocol/ids.ts";
import { LinkError, type Platform } from "../contract.ts";
import { hintMs, isObject, parseJson } from "./incoming.client.ts";
import { lifetimeWithin } from "./lifetime.client.ts";

/** Milliseconds after which a request without an answer is given up: the network is taken for broken. */
export function requestMs(platform: Platform): number {
  return platform.requestMs ?? 10_000;
}

/** Above the largest answer there is: 500 events of 4,000 characters, four bytes each, come to 8 MB. */
const MAX_BODY_BYTES = 16_777_216;

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
  const message = `The answer is ${age} s old. A cache in between stores answers that say "no-store".`;
  throw new LinkError(message, { kind: "bad_answer" });
}

/** The code of the system's error below a failed fetch, such as ECONNREFUSED; null in browsers, which hide it. */
function systemCode(error: unknown): string | null {
  for (let at = error, depth = 0; isObject(at) && depth < 4; at = at["cause"], depth += 1) {
    if (typeof at["code"] === "string") return at["code"];
  }
  return null;
}

/** A failed fetch as a sentence with what to check. */
function unreachable(cause: unknown, { origin: page }: Platform, { host, protocol }: URL): LinkError {
  const code = systemCode(cause);
  let message = `No connection to ${host}${code === null ? "" : ` (${code})`}. `;
  if (page?.startsWith("https:") && protocol === "http:") {
    message += "Browsers don't let a page that came by https call an http address: use https here too.";
  } else if (protocol === "https:" && /TLS|SSL|CERT|SIGN/.test(code ?? "")) {
    message += "TLS failed: check the server's certificate, and whether the port speaks TLS.";
  } else
    message += `Check that the server is running and its address is right${protocol === "https:" ? ", and its certificate" : ""}.`;
  return new LinkError(message, { kind: "unreachable", cause });
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
    if (cause instanceof LinkError) throw cause;
    throw unreachable(cause, platform, call.base);
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
  const late = (): LinkError =>
    new LinkError(`No answer within ${ms} ms. The server or the network is overloaded or stuck.`, {
      kind: "timed_out",
    });
  const cancel = platform.schedule(() => lifetime.end(late()), ms);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(asLinkError(lifetime.signal.reason, "The request was given up."));
  lifetime.signal.addEventListener("abort", onAbort, { once: true });
  if (lifetime.signal.aborted) onAbort();
  try {
    // Raced, because a body that never ends need not notice the signal.
    return await Promise.race([task(lifetime.signal), aborted]);
  } finally {
    lifetime.signal.removeEventListener("abort", onAbort);
    cancel();
    lifetime.end();
  }
}

/** Reads a body until the signal is aborted, whether or not what the body comes from notices that. */
export function readerOf<T>(body: ReadableStream<T>, signal: AbortSignal): ReadableStreamDefaultReader<T> {
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  return reader;
}

/** The body's text. Rejects with LinkError when it is cut off or larger than any answer of the server's. */
export async function textOf({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const reader = readerOf(body, signal);
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > MAX_BODY_BYTES) {
        throw new LinkError("The answer is too large to be Skyrocket's. Check the server's address.", {
          kind: "bad_answer",
        });
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    throw asLinkError(cause, "The answer was cut off.");
  } finally {
    reader.cancel().catch(() => undefined);
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
  if (/^\d+$/.test(text)) return hintMs(Number(text) * 1_000);
  // Date.parse makes a date of nearly anything, "-5" included; an HTTP date begins with a weekday.
  return /^[A-Z][a-z]{2}/.test(text) ? hintMs(Math.max(0, Date.parse(text) - wallNow)) : undefined;
}

/**
 * What a refusing answer says: the table's entry named in its body, else the one nearest to its status, with a LinkError
 * as its cause, because something other than Skyrocket has answered.
 */
export function refusalOf(response: Response, body: unknown, platform: Platform): ProtocolError {
  const wait = retryAfterMs(response.headers, platform.wallNow());
  const details = wait === undefined ? {} : { retryAfterMs: wait };
  if (isObject(body) && isErrorCode(body["code"])) {
    const message = typeof body["message"] === "string" ? { message: body["message"] } : {};
    return new ProtocolError(body["code"], { ...details, ...message });
  }
  const { status, redirected, url } = response;
  const message = redirected
    ? `The server's address redirects to ${new URL(url).origin}, which answered with status ${status}. Use the address it redirects to.`
    : `Something other than Skyrocket answered with status ${status}. Check the server's address; if it is right, a proxy can't reach the server.`;
  const cause = new LinkError(message, { kind: "bad_answer" });
  return new ProtocolError(codeOfStatus(status), { ...details, message, cause });
}

/** JSON where the body is JSON, else undefined: for refusals, whose status says enough. */
export async function bodyOf(response: Response, signal: AbortSignal): Promise<unknown> {
  const text = await textOf(response, signal);
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy's or of another site.
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
  ms: number = requestMs(platform),
): Promise<unknown> {
  return within(platform, ms, signal, async (inner) => {
    const response = await request(platform, { accept: "application/json", ...call }, inner);
    if (!response.ok) throw refusalOf(response, await bodyOf(response, inner), platform);
    const text = await textOf(response, inner);
    return text === "" ? undefined : parseJson(text);
  });
}
