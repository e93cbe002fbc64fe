import type { RepliedCommand, Reply } from "../../../protocol/commands.ts";
import { type ErrorCode, isErrorCode, ProtocolError } from "../../../protocol/errors.ts";
import type { SessionToken } from "../../../protocol/ids.ts";
import { type Attach, badAnswer, LinkError, type Platform } from "../../contract.ts";
import { lifetimeWithin } from "./async.ts";
import { hintMs, isObject, isReply, parseJson } from "./incoming.ts";

/** Returns the timeout of a request in ms. */
export function requestMs(platform: Platform): number {
  return platform.requestMs ?? 10_000;
}

/** More than the largest response: 500 events of 4,000 characters of four bytes are 8 MB. */
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

/** Returns a cache buster: some proxies are configured to ignore `no-store`. */
function cacheBuster(platform: Platform): string {
  return Math.floor(platform.random() * 2 ** 32).toString(36);
}

/** Throws LinkError if the response came from a cache: RFC 9111, section 5.1. */
function rejectCached(response: Response): Response {
  const age = Number(response.headers.get("age") ?? 0);
  if (!(age > 0)) return response;
  throw badAnswer(`The answer is ${age} s old: a cache ignores "no-store"`);
}

/** Describes a failed fetch, with what to check. */
function unreachable(cause: unknown, { origin: page }: Platform, { host, protocol }: URL): LinkError {
  // Node has an error code such as ECONNREFUSED. Browsers hide it.
  const { code } = Object(Object(cause).cause);
  let advice = "Check the server's address, and that it is running.";
  if (page?.startsWith("https:") && protocol === "http:") advice = "A page loaded by https can only call https.";
  else if (protocol === "https:") advice += " Check its certificate, and that the port speaks TLS.";
  const message = `No connection to ${host}${typeof code === "string" ? ` (${code})` : ""}. ${advice}`;
  return new LinkError(message, { kind: "unreachable", cause });
}

/** Sends a request and resolves to the response, whatever its status. Rejects with LinkError if the network failed. */
export async function request(platform: Platform, call: Call, signal: AbortSignal): Promise<Response> {
  // Cross-origin, an Authorization header would need a preflight for each URL. A session in the URL needs none.
  const crossOrigin = platform.origin !== undefined && platform.origin !== call.base.origin;
  const headers: Record<string, string> = {};
  if (call.accept !== undefined) headers["accept"] = call.accept;
  if (call.session !== undefined && !crossOrigin) headers["authorization"] = `Bearer ${call.session}`;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  const { method = "GET" } = call;
  const url = target(call, crossOrigin);
  if (method === "GET") url.searchParams.set("t", cacheBuster(platform));
  try {
    const response = await platform.fetch(url, {
      method,
      headers,
      signal,
      // Browsers delay a GET while an equal one is in flight, because it might fill the cache.
      cache: "no-store",
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    return rejectCached(response);
  } catch (cause) {
    if (cause instanceof LinkError) throw cause;
    throw unreachable(cause, platform, call.base);
  }
}

/** Returns an error of this client unchanged, any other as the cause of a LinkError. */
export function asLinkError(error: unknown, message: string): Error {
  return error instanceof LinkError || error instanceof ProtocolError
    ? error
    : new LinkError(message, { cause: error });
}

/** Runs a task with a timeout. After `ms`, aborts its signal and rejects with LinkError. */
export async function within<T>(
  platform: Platform,
  ms: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lifetime = lifetimeWithin(signal);
  const message = `No answer within ${ms / 1_000} s. The server or network may be overloaded.`;
  const cancel = platform.clock.after(ms, () => lifetime.end(new LinkError(message, { kind: "timed_out" })));
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  lifetime.signal.addEventListener("abort", () =>
    reject(asLinkError(lifetime.signal.reason, "The request was aborted.")),
  );
  try {
    // Raced, because a body that never ends may ignore the signal.
    return await Promise.race([task(lifetime.signal), aborted]);
  } finally {
    cancel();
    lifetime.end();
  }
}

/**
 * Yields the chunks of a body until it ends or the signal is aborted, even if the body ignores the signal.
 * Throws LinkError if it is cut off.
 */
export async function* eachChunk<T>(body: ReadableStream<T>, signal: AbortSignal): AsyncGenerator<T> {
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value;
  } catch (cause) {
    throw asLinkError(cause, "The answer was cut off.");
  }
}

/** Resolves to the text of a body. Rejects with LinkError if it is cut off, or larger than any response of the server. */
export async function textOf({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of eachChunk(body, signal)) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw badAnswer("The answer is too large to be Skyrocket's");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The error that a status means if the body is not the server's: a proxy has answered. */
const CODES: { readonly [status: number]: ErrorCode } = {
  403: "not_allowed",
  404: "not_found",
  405: "method_not_allowed",
  408: "timed_out",
  413: "too_large",
  415: "unsupported_type",
  429: "too_many",
  431: "headers_too_large",
  503: "overloaded",
};

function codeOfStatus(status: number): ErrorCode {
  return CODES[status] ?? (status >= 500 ? "internal" : "malformed");
}

/** Returns the ms of a Retry-After header in seconds or as a date; undefined if there is no valid one. */
export function retryAfterMs(headers: Headers, wallNow: number): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return hintMs(Number(text) * 1_000);
  // Date.parse accepts nearly anything, even "-5". An HTTP date begins with a weekday.
  return /^[A-Z][a-z]{2}/.test(text) ? hintMs(Math.max(0, Date.parse(text) - wallNow)) : undefined;
}

/**
 * Returns the error of a response that is not ok: the one named in its body, otherwise the one nearest to its status. The
 * latter has a LinkError as its cause, because something other than Skyrocket has answered.
 */
export function refusalOf(response: Response, body: unknown, platform: Platform): ProtocolError {
  const wait = retryAfterMs(response.headers, platform.clock.wallNow());
  const details = wait === undefined ? {} : { retryAfterMs: wait };
  if (isObject(body) && isErrorCode(body["code"])) {
    const message = typeof body["message"] === "string" ? { message: body["message"] } : {};
    return new ProtocolError(body["code"], { ...details, ...message });
  }
  const { status, redirected, url } = response;
  const where = redirected
    ? `${new URL(url).origin}, to which the address redirects,`
    : "Something other than Skyrocket";
  const cause = badAnswer(`${where} answered with status ${status}`);
  return new ProtocolError(codeOfStatus(status), { ...details, message: cause.message, cause });
}

/** Resolves to the JSON of a body, or to undefined if it is not JSON. For callers that handle a body without JSON. */
export async function bodyOf(response: Response, signal: AbortSignal): Promise<unknown> {
  const text = await textOf(response, signal);
  try {
    return JSON.parse(text);
  } catch {
    // The page of a proxy or of another site.
    return undefined;
  }
}

/**
 * Sends a request and resolves to the JSON of its response, or to undefined if it is empty.
 * Rejects with ProtocolError if it is refused, LinkError if the network failed or the timeout of `ms` has passed.
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

/**
 * Sends one command by POST, as transports without a duplex connection do. Resolves to the command's reply, which may be
 * an `error`. Rejects with ProtocolError if the HTTP request itself was refused (no reply with this id), LinkError if no
 * valid answer came.
 */
export function postCommand(
  attach: Pick<Attach, "base" | "session">,
  platform: Platform,
  signal: AbortSignal,
  command: RepliedCommand,
): Promise<Reply> {
  return within(platform, requestMs(platform), signal, async (inner) => {
    const { base, session } = attach;
    const call = { base, session, path: "api/commands", method: "POST", body: command } as const;
    const response = await request(platform, call, inner);
    const body = await bodyOf(response, inner);
    if (isReply(body) && body.id === command.id) return body;
    if (!response.ok) throw refusalOf(response, body, platform);
    throw badAnswer("The response to a command is not a valid reply");
  });
}
