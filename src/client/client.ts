import { ProtocolError } from "../protocol/errors.ts";
import type { Member } from "../protocol/events.ts";
import type { HistoryPage, Members, SessionInfo, SessionRequest, TransportInfo } from "../protocol/http.ts";
import { type Cursor, isRoomName } from "../protocol/ids.ts";
import { LIMITS, TIMINGS } from "../protocol/limits.ts";
import { LinkError, type Platform } from "../transports/contract.ts";
import { clientTransports } from "../transports/registry.client.ts";
import { type Lifetime, lifetimeWithin } from "../transports/shared/client/async.ts";
import { Connection } from "./connection.ts";
import { DeliveryQueue, Inbox } from "./inbox.ts";
import { CommandIds, Outbox } from "./outbox.ts";
import { defaultPlatform } from "./platform.ts";
import { refusedBecause } from "./retry.ts";
import type { OpenSession } from "./session.ts";
import { baseOf, leaveRoom, SessionApi } from "./session.ts";
import { Status } from "./state.ts";
import { AUTO, memoryChoice, TransportChoice } from "./transport-choice.ts";
import {
  type ChatClient,
  type ClosedBecause,
  type ConnectionState,
  type ConnectOptions,
  type Delivery,
  type Resumption,
  SendError,
} from "./types.ts";

/**
 * Enters a room as one member and stays connected until `close()`, `leave()`, or the server ends it.
 * Returns at once; see `opened` and `state` for the result.
 * Throws RangeError for an unknown transport or an invalid room name.
 */
export function connect(options: ConnectOptions): ChatClient {
  const { url, room, name, key, resume, signal, transport = AUTO, choice = memoryChoice() } = options;
  const platform = defaultPlatform(options.platform);
  const known = (options.transports ?? clientTransports).filter((one) => one.supported(platform));
  if (transport !== AUTO && !known.some((one) => one.name === transport)) {
    const names = [AUTO, ...known.map((one) => one.name)].join(", ");
    throw new RangeError(`There is no transport "${transport}" here. Use one of: ${names}.`);
  }
  if (!isRoomName(room)) {
    throw new RangeError(
      `"${room}" can't name a room. Use 1 to 64 of a-z, 0-9 and hyphens, not beginning with a hyphen.`,
    );
  }
  return new Client({
    base: baseOf(url),
    request: { room, name, ...(key === undefined ? {} : { key }) },
    resume,
    platform,
    choice: new TransportChoice(known, transport, choice),
    signal,
  });
}

/** The validated options of `connect`. */
export interface ClientSetup {
  /** The URL that paths are resolved against, or why the address is unusable. */
  readonly base: URL | RangeError;
  readonly request: SessionRequest;
  readonly resume: Resumption | undefined;
  readonly platform: Platform;
  readonly choice: TransportChoice;
  readonly signal: AbortSignal | undefined;
}

const CLOSED = "The client is closed. Connect again.";

/** Replaces an invalid address. Nothing is ever sent to it. */
const NOWHERE = new URL("http://skyrocket.invalid/");

/** The client behind `connect`. Its methods are arrow functions, so each can be passed on, for example to a React hook. */
export class Client implements ChatClient {
  readonly opened: Promise<SessionInfo & { readonly resumed: boolean }>;

  readonly #platform: Platform;
  readonly #choice: TransportChoice;
  readonly #lifetime: Lifetime;
  readonly #api: SessionApi;
  readonly #status = new Status();
  readonly #deliveries = new DeliveryQueue();
  readonly #outbox: Outbox;
  readonly #connection: Connection;
  readonly #ids: CommandIds;
  readonly #opening = Promise.withResolvers<SessionInfo & { readonly resumed: boolean }>();
  #typedAt = Number.NEGATIVE_INFINITY;

  constructor({ base: given, request, resume, platform, choice, signal }: ClientSetup) {
    const base = given instanceof URL ? given : NOWHERE;
    this.#platform = platform;
    this.#choice = choice;
    this.#ids = new CommandIds(platform.random);
    this.#lifetime = lifetimeWithin(signal ?? new AbortController().signal);
    this.#api = new SessionApi(base, platform, this.#lifetime.signal);
    this.opened = this.#opening.promise;
    // The state shows a refusal too, so an unused `opened` must not be reported as an unhandled rejection.
    this.opened.catch(() => undefined);
    this.#outbox = new Outbox({
      platform,
      roundTrip: (ms) => this.#status.roundTrip(ms),
      sessionGone: (error) => this.#connection.fail(error),
    });
    this.#connection = new Connection({
      base,
      platform,
      choice,
      request,
      resume,
      api: this.#api,
      outbox: this.#outbox,
      status: this.#status,
      signal: this.#lifetime.signal,
      makeInbox: (session) => this.#makeInbox(session),
      sessionOpened: ({ info, resumed }) => this.#opening.resolve({ ...info, resumed }),
    });
    this.#lifetime.signal.addEventListener("abort", () => this.close(), { once: true });
    if (given instanceof RangeError) {
      this.#opening.reject(given);
      this.#close({ kind: "bad_address", message: given.message });
    } else if (this.#lifetime.signal.aborted) this.close();
    else void this.#run();
  }

  get member(): Member | null {
    return this.#connection.session?.info.member ?? null;
  }

  get state(): ConnectionState {
    return this.#status.current;
  }

  get transports(): readonly TransportInfo[] {
    return this.#choice.known.map(({ name, title, duplex }) => ({ name, title, duplex }));
  }

  get resumption(): Resumption | null {
    return this.#connection.resumption;
  }

  readonly watch = (listener: (state: ConnectionState) => void): (() => void) => this.#status.watch(listener);

  readonly send = async (text: string, options: { readonly id?: string } = {}): Promise<number> => {
    if (this.#closed) throw new SendError(CLOSED);
    if (isTooLong(text)) {
      const message = `A message has at most ${LIMITS.textCodePoints} characters. Send it in parts.`;
      throw new ProtocolError("unprocessable", { message });
    }
    return this.#outbox.send(this.#ids.take(options.id), text);
  };

  readonly typing = (): void => {
    const link = this.#connection.current;
    const now = this.#platform.clock.monotonicNow();
    if (link === null || now - this.#typedAt < TIMINGS.typingEveryMs) return;
    this.#typedAt = now;
    // Not sent again: it would be out of date.
    link.execute({ type: "typing", id: this.#ids.next() }).catch(() => undefined);
  };

  readonly switchTo = async (name: string): Promise<void> => {
    if (this.#closed) throw new LinkError(CLOSED);
    await this.#connection.switchTo(name);
  };

  readonly history = async (before: Cursor, limit?: number): Promise<HistoryPage> =>
    this.#api.history((await this.#session()).token, before, limit);

  readonly members = async (): Promise<Members> => this.#api.members((await this.#session()).token);

  readonly setVisible = (visible: boolean): void => {
    if (!this.#closed) this.#connection.setVisible(visible);
  };

  readonly setOnline = (online: boolean): void => {
    if (!this.#closed) this.#connection.setOnline(online);
  };

  readonly leave = async (): Promise<void> => {
    if (this.#closed) return;
    const { session } = this.#connection;
    if (session === null) return this.close();
    try {
      await leaveRoom(this.#api, session.token, this.#platform, this.#lifetime.signal);
      this.#close({ kind: "left" });
    } catch (error) {
      // The server's `bye` may arrive before its response, and closing the client aborts the request.
      if (this.#closed) return;
      this.close();
      throw error;
    }
  };

  readonly close = (): void => {
    this.#close({ kind: "closed" });
  };

  [Symbol.asyncIterator](): AsyncIterator<Delivery> {
    return this.#deliveries[Symbol.asyncIterator]();
  }

  get #closed(): boolean {
    return this.#status.current.kind === "closed";
  }

  async #run(): Promise<void> {
    try {
      this.#close(await this.#connection.run());
    } catch (error) {
      if (error instanceof ProtocolError) this.#opening.reject(error);
      this.#close(error instanceof ProtocolError ? refusedBecause(error) : { kind: "closed" });
      // A bug of the client must not look like a normal end.
      if (!(error instanceof ProtocolError) && !this.#lifetime.signal.aborted) throw error;
    }
  }

  #close(because: ClosedBecause): void {
    if (this.#closed) return;
    this.#status.closed(because);
    this.#connection.close();
    this.#lifetime.end();
    this.#outbox.use(null);
    this.#outbox.failAll("The client was closed before the message was acknowledged.");
    this.#opening.reject(new LinkError("The client was closed before its session was open."));
    this.#deliveries.end();
  }

  /** Resolves to the present session, once there is one. */
  async #session(): Promise<OpenSession> {
    await this.opened;
    const { session } = this.#connection;
    if (session === null || this.#closed) throw new LinkError(CLOSED);
    return session;
  }

  #makeInbox({ cursor }: OpenSession): Inbox {
    const connection = this.#connection;
    return new Inbox(cursor, {
      platform: this.#platform,
      deliveries: this.#deliveries,
      ownId: () => connection.session?.info.member.id ?? null,
      echoed: ({ id, seq }) => this.#outbox.echoed(id, seq),
      gapped: (link, missed) => connection.gapped(link, missed),
      isPrimary: (link) => connection.isPrimary(link),
    });
  }
}

/** Checked here because a server closes the WebSocket, instead of refusing the message, if a frame is over its limit. */
function isTooLong(text: string): boolean {
  const limit = LIMITS.textCodePoints;
  // A code point is one or two UTF-16 units, so code points are counted only if the length is in between.
  return text.length > limit && (text.length > 2 * limit || [...text].length > limit);
}
