/** How an error is sent on each transport. */
interface Fault {
  /** HTTP status, while an HTTP response is still possible. */
  readonly status: number;
  /** WebSocket close code after the upgrade; null if the connection stays open and `refused` is sent. */
  readonly close: number | null;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  /** What happened, and what to do. */
  readonly message: string;
}

/** The only table of errors: every refusal of every transport is one of its entries. */
export const ERRORS = {
  malformed: {
    status: 400,
    close: 4400,
    retry: false,
    message: "The request can't be read. Send JSON in UTF-8, and only cursors from this server.",
  },
  session_missing: {
    status: 401,
    close: 4401,
    retry: false,
    message: "The request has no session. Open one with POST /api/sessions and send it as a bearer token.",
  },
  not_allowed: {
    status: 403,
    close: 4403,
    retry: false,
    message: "This origin, host or room key is not allowed here.",
  },
  session_unknown: {
    status: 404,
    close: 4404,
    retry: false,
    message: "The session is unknown, has ended or has expired. Open a new one.",
  },
  not_found: {
    status: 404,
    close: null,
    retry: false,
    message: "There is nothing at this address. PROTOCOL.md lists the routes.",
  },
  method_not_allowed: {
    status: 405,
    close: null,
    retry: false,
    message: "This address does not support that method. The Allow header lists the supported ones.",
  },
  timed_out: {
    status: 408,
    close: null,
    retry: true,
    message: "The request was not complete in time. Send it again.",
  },
  superseded: {
    status: 409,
    close: 4409,
    retry: false,
    message: "A newer reader of this session has taken over. Use its number or a higher one.",
  },
  too_large: { status: 413, close: 1009, retry: false, message: "The body is over the limit. Send a smaller one." },
  unsupported_type: { status: 415, close: null, retry: false, message: "Only application/json is accepted." },
  unprocessable: {
    status: 422,
    close: null,
    retry: false,
    message: "The JSON does not match the schema of this route.",
  },
  too_many: {
    status: 429,
    close: 1008,
    retry: true,
    message: "Rate limit reached. Wait for the time in Retry-After, then send it again.",
  },
  headers_too_large: {
    status: 431,
    close: null,
    retry: false,
    message: "The headers are over the limit. Send fewer or shorter ones.",
  },
  internal: {
    status: 500,
    close: 1011,
    retry: true,
    message: "The request failed in the server. Send it again later.",
  },
  overloaded: {
    status: 503,
    close: 4503,
    retry: true,
    message: "The server has reached a limit. Wait for the time in Retry-After.",
  },
  draining: {
    status: 503,
    close: 4503,
    retry: true,
    message: "The server is shutting down. Reconnect after the time in Retry-After.",
  },
} as const satisfies Record<string, Fault>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(ERRORS, text);
}

interface Details {
  /** More specific than the table. Must not contain a session token or a message's text. */
  readonly message?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** An entry of the error table, thrown. The edge that catches it sends a status, a close code or `refused`. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ErrorCode;
  readonly retry: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, details: Details = {}) {
    super(details.message ?? ERRORS[code].message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retry = ERRORS[code].retry;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Reasons of `bye`, with the close code of a WebSocket. */
export const BYES = {
  superseded: { close: 4409, retry: false },
  drain: { close: 4503, retry: true },
  slow_consumer: { close: 4408, retry: true },
  left: { close: 1000, retry: false },
  expired: { close: 4404, retry: false },
} as const satisfies Record<string, { readonly close: number; readonly retry: boolean }>;

export type ByeReason = keyof typeof BYES;
