import { ProtocolError } from "../protocol/errors.ts";
import type { Bye } from "../protocol/events.ts";
import { hintMs } from "../transports/shared/incoming.client.ts";
import type { ClosedBecause } from "./types.ts";

/** How a link ended. */
export type LinkEnd =
  | { readonly kind: "stopped" }
  | { readonly kind: "bye"; readonly bye: Bye }
  | { readonly kind: "refused"; readonly error: ProtocolError }
  | { readonly kind: "lost"; readonly error: Error };

/** What follows from it. */
export type Verdict =
  | { readonly kind: "retry"; readonly retryAfterMs: number | undefined }
  /** The session is gone; another one must be opened. */
  | { readonly kind: "renew" }
  /** This transport, or this way to the server, is refused for good; another transport may fare better. */
  | { readonly kind: "refused"; readonly error: ProtocolError }
  | { readonly kind: "close"; readonly because: ClosedBecause };

export function endOf(error: unknown): Extract<LinkEnd, { error: Error }> {
  if (error instanceof ProtocolError) return { kind: "refused", error };
  return { kind: "lost", error: error instanceof Error ? error : new Error(String(error)) };
}

/** `newest`: no link with a higher number was opened here; if such a one is superseded, another client did it. */
export function judge(end: LinkEnd, newest: boolean): Verdict {
  const superseded: Verdict = newest
    ? { kind: "close", because: { kind: "superseded" } }
    : { kind: "retry", retryAfterMs: undefined };
  switch (end.kind) {
    case "stopped":
    case "lost":
      return { kind: "retry", retryAfterMs: undefined };
    case "refused":
      return judgeRefusal(end.error, superseded);
    case "bye":
      switch (end.bye.reason) {
        case "superseded":
          return superseded;
        case "left":
          return { kind: "close", because: { kind: "left" } };
        case "expired":
          return { kind: "close", because: { kind: "expired" } };
        case "drain":
        case "slow_consumer":
          return { kind: "retry", retryAfterMs: hintMs(end.bye.retryAfterMs) };
      }
  }
}

function judgeRefusal(error: ProtocolError, superseded: Verdict): Verdict {
  if (isSessionGone(error)) return { kind: "renew" };
  if (error.code === "superseded") return superseded;
  return error.retry ? { kind: "retry", retryAfterMs: error.retryAfterMs } : { kind: "refused", error };
}

export function isSessionGone({ code }: Pick<ProtocolError, "code">): boolean {
  return code === "session_unknown" || code === "session_missing";
}

export function refusedBecause({ code, message }: ProtocolError): ClosedBecause {
  return { kind: "refused", code, message };
}
