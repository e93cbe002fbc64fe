import type { ChatClient, ConnectOptions } from "../../src/client/types.ts";
import type { TransportInfo } from "../../src/protocol/http.ts";
import type { Shelf } from "./shelf.ts";

/** A registered transport. */
export interface KnownTransport extends TransportInfo {
  /** Whether this browser has what it needs. */
  readonly supported: boolean;
}

/** What the page's model needs of the browser; a test gives its own. */
export interface World {
  connect(options: ConnectOptions): ChatClient;
  readonly server: URL;
  /** The transports that are registered, whether or not this browser can use them. */
  readonly known: readonly KnownTransport[];
  /** Kept for this tab: its seat, its drafts, what it has not sent yet. */
  readonly tab: Shelf;
  /** Kept for all visits: the name, the theme, the transport. */
  readonly browser: Shelf;
  /** Speaks as this member until `until` aborts; false: another tab does. */
  claim(member: string, until: AbortSignal): Promise<boolean>;
  /** Whether the server refuses every call from this page's address. */
  refusesOrigin(): Promise<boolean>;
  /** Milliseconds since 1970. */
  now(): number;
  newId(): string;
}
