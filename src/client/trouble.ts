import type { ErrorCode } from "../protocol/errors.ts";
import { LinkError, type Platform } from "../transports/contract.ts";
import { within } from "../transports/shared/http.client.ts";
import type { LinkEnd } from "./judge.ts";
import { CLIENT_TIMINGS } from "./timings.ts";
import type { ConnectionTrouble } from "./types.ts";

/** Says how a link ended, or a request failed, as a reason that a person can act upon; null where the client ended it. */
export function troubleOf(end: LinkEnd, online: boolean): ConnectionTrouble | null {
  switch (end.kind) {
    case "stopped":
      return null;
    case "bye":
      if (end.bye.reason === "drain") return OWN_WORDS.draining ?? null;
      return { kind: "lost", message: `The server ended the connection (${end.bye.reason}). The client reconnects.` };
    case "refused": {
      const { code, message, cause } = end.error;
      // A proxy or another server has answered.
      if (cause instanceof LinkError) return { kind: cause.kind, message: cause.message, code };
      return { kind: "refused", message, ...OWN_WORDS[code], code };
    }
    case "lost": {
      const { error } = end;
      const kind = error instanceof LinkError ? error.kind : "lost";
      if (kind !== "unreachable" || online) return { kind, message: error.message };
      return { kind: "offline", message: "No connection: this device reports that it has no network." };
    }
  }
}

/** The table's sentences tell the author of a client what to do; this one does it. */
const OWN_WORDS: { readonly [Code in ErrorCode]?: ConnectionTrouble } = {
  draining: {
    kind: "draining",
    message: "The server is restarting. The client reconnects.",
  },
  too_many: { kind: "busy", message: "The server limits this client's rate. The client waits as long as it asks." },
  overloaded: { kind: "busy", message: "The server is at a limit. The client waits as long as it asks." },
  timed_out: { kind: "timed_out", message: "The request did not arrive in time. The client sends it again." },
  session_unknown: { kind: "refused", message: "The server no longer knows this session. The client joins again." },
};

/**
 * Finds out whether an unreachable server answers after all, but not to this page's origin. Browsers report both alike;
 * a request whose answer the page can't read tells them apart. Resolves to null where there is no more to say.
 */
export async function originTrouble(
  base: URL,
  platform: Platform,
  signal: AbortSignal,
): Promise<ConnectionTrouble | null> {
  const { origin } = platform;
  if (origin === undefined || origin === base.origin) return null;
  try {
    await within(platform, CLIENT_TIMINGS.proofMs, signal, (inner) =>
      platform.fetch(new URL("healthz", base), { mode: "no-cors", cache: "no-store", signal: inner }),
    );
  } catch {
    return null;
  }
  const message = `${base.host} answers, but not to pages of ${origin}. Add it to the server's --origins, or check any proxy before it.`;
  return { kind: "origin_refused", message };
}
