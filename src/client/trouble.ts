import { ERRORS, type ProtocolError } from "../protocol/errors.ts";
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
      if (end.bye.reason === "drain") return { kind: "draining", message: RESTARTING };
      if (end.bye.reason === "slow_consumer") return { kind: "lost", message: TOO_SLOW };
      return { kind: "lost", message: `The server ended the connection: ${end.bye.reason}.` };
    case "refused":
      return troubleOfRefusal(end.error);
    case "lost": {
      const { error } = end;
      const kind = error instanceof LinkError ? error.kind : "lost";
      if (kind === "unreachable" && !online) return { kind: "offline", message: OFFLINE };
      return { kind, message: error.message };
    }
  }
}

const RESTARTING = "The server is shutting down or restarting. The client reconnects by itself.";
const TOO_SLOW = "The server closed the connection because this client read too slowly. It reconnects and reads on.";
const RENEWING = "The server doesn't know this session any more. The client joins again with a new one.";
const OFFLINE = "No connection, and this device reports that it has no network. Check the network.";

function troubleOfRefusal({ code, message, cause }: ProtocolError): ConnectionTrouble {
  // A proxy or another server has answered.
  if (cause instanceof LinkError) return { kind: cause.kind, message: cause.message, code };
  switch (code) {
    case "draining":
      return { kind: "draining", message: RESTARTING, code };
    case "too_many":
    case "overloaded":
      // The table's sentence is for those who write clients: this one does what it says.
      return { kind: "busy", message: message === ERRORS[code].message ? BUSY[code] : message, code };
    case "timed_out":
      return { kind: "timed_out", message, code };
    case "session_unknown":
    case "session_missing":
      return { kind: "refused", message: RENEWING, code };
    default:
      return { kind: "refused", message, code };
  }
}

const BUSY = {
  too_many: "The server limits how often this client or its address may ask. The client waits as long as it was told.",
  overloaded: "The server is at one of its limits. The client tries again as soon as the server allows.",
} as const;

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
  const message = `${base.host} answers, but doesn't allow this page's origin, ${origin}. Add it to the server's --origins, or fix the proxy that answers in its place.`;
  return { kind: "origin_refused", message };
}
