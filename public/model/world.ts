import type { ChatClient, ConnectOptions } from "../../src/client/types.ts";
import type { Clock } from "../../src/clock.ts";
import type { TransportInfo } from "../../src/protocol/http.ts";
import type { KeyValueStore } from "./storage.ts";

/** A registered transport. */
export interface KnownTransport extends TransportInfo {
  /** Whether this browser has the APIs it needs. */
  readonly supported: boolean;
}

/** Everything the page's model needs from the browser. A test passes its own. */
export interface World {
  connect(options: ConnectOptions): ChatClient;
  readonly server: URL;
  /** All registered transports, including those this browser doesn't support. */
  readonly known: readonly KnownTransport[];
  /** Kept for this tab: its session, its drafts, its unsent messages. */
  readonly tab: KeyValueStore;
  /** Kept across visits: the name, the theme, the transport. */
  readonly browser: KeyValueStore;
  /** Claims a member for this tab until `until` aborts. Resolves with false if another tab holds it. */
  claim(member: string, until: AbortSignal): Promise<boolean>;
  /** Resolves with true if the server refuses every call from this page's address. */
  refusesOrigin(): Promise<boolean>;
  readonly clock: Clock;
  newId(): string;
}

/** Returns 128 random bits in hex. `crypto.randomUUID` needs a secure context; a page on plain HTTP in a classroom has none. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
