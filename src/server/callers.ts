import { Http2ServerRequest } from "node:http2";
import type { Server, Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Settings } from "../chat/settings.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { callerKey } from "./addresses.ts";
import { Caller, type CallerRates } from "./caller.ts";

/** What is counted for a connection. */
export interface Connection {
  /** The address it counts for; null while that is not known, on a connection of a proxy. */
  caller: Caller | null;
  /** It is one too many: this is the answer to whatever comes on it. */
  excess: "overloaded" | "too_many" | null;
  /** Counted by `Pipelining`: requests that were parsed though the connection was closed already. */
  surplus: number;
}

/** Connections over a cap that get an answer before they are closed. Those beyond are closed without one. */
const SPARE = 100;
const RETRY_CONNECTION_MS = 5_000;
/** Requests that arrive after the end of their connection and cost as much as one refusal, since they are parsed. */
const SURPLUS = 32;
/** By then every limit is whole again. */
const FORGET_MS = 600_000;
/** Whoever watches over the server must reach it when nobody else does. */
const ALWAYS = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Who calls, by address, and how much. A connection knows its caller, so a request costs no look-up; behind a trusted
 * proxy, whose connections carry many callers' requests, it costs one.
 */
export class Callers {
  readonly #settings: Settings;
  readonly #rates: CallerRates;
  readonly #elapsed: () => number;
  readonly #isProxy: ((address: string) => boolean) | null;
  readonly #callers = new Map<string, Caller>();
  #connections = 0;

  /** `isProxy`: whose word on the caller's address is taken (Fastify's `trustProxy` has the same); null: nobody's. */
  constructor(settings: Settings, elapsed: () => number, isProxy: ((address: string) => boolean) | null) {
    this.#settings = settings;
    this.#rates = {
      requests: settings.addressRequestRate,
      joins: settings.addressSessionRate,
      history: settings.addressHistoryRate,
      upgrades: settings.addressUpgradeRate,
      keys: settings.addressKeyRate,
      refusals: settings.addressRefusalRate,
    };
    this.#elapsed = elapsed;
    this.#isProxy = isProxy;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#callers.size;
  }

  /** Counts connections from their beginning on, and upgrades that are refused. Call it before the server listens. */
  watch(app: FastifyInstance): void {
    const server: Server = app.server;
    server.on("connection", (socket) => this.#arrived(socket));
    app.addHook("onError", (request, _reply, error, done) => {
      const ours = error instanceof ProtocolError && error.code === "too_many";
      if (request.headers.upgrade !== undefined && !ours) {
        request.raw.socket.connection?.caller?.upgrades.owe(this.#elapsed());
      }
      done();
    });
  }

  /** Counts a request; what it is to be refused with, or null. */
  refusal(request: FastifyRequest, reply: FastifyReply): ProtocolError | null {
    const { socket } = request.raw;
    socket.connection ??= { caller: null, excess: null, surplus: 0 };
    const { connection } = socket;
    const caller = this.#callerOf(request, connection);
    const elapsed = this.#elapsed();
    caller.seenAt = elapsed;
    let waitMs = caller.requests?.take(elapsed) ?? 0;
    if (connection.excess === null && waitMs === 0) {
      if (request.headers.upgrade === undefined) return null;
      waitMs = caller.upgrades.wait(elapsed);
      if (waitMs === 0) return null;
    }
    if (ALWAYS.has(request.url)) return null;
    if (this.#isProxy === null) this.#close(request, reply, caller.refusals.take(elapsed) > 0);
    if (connection.excess === null) return new ProtocolError("too_many", { retryAfterMs: waitMs });
    return tooManyConnections(connection.excess);
  }

  /** Ends the connection with the refusal that is its last answer, or at once: each refusal costs as much as an answer. */
  #close({ raw }: FastifyRequest, reply: FastifyReply, atOnce: boolean): void {
    if (raw.httpVersionMajor === 1) {
      reply.header("connection", "close");
      if (atOnce) raw.socket.destroy();
    } else if (raw instanceof Http2ServerRequest) {
      const { session } = raw.stream;
      if (atOnce) session?.destroy();
      // Streams that are open, such as a stream of events, go on.
      else session?.close();
    }
  }

  /** The same for a session that is to be opened, or a page of history to be read. */
  refusalOf(what: "joins" | "history", request: FastifyRequest): ProtocolError | null {
    const waitMs = request.raw.socket.connection?.caller?.[what].take(this.#elapsed()) ?? 0;
    return waitMs === 0 ? null : new ProtocolError("too_many", { retryAfterMs: waitMs });
  }

  /**
   * Has a room key tried by `attempt`, unless too many from there were wrong. Each takes one of the wrong ones that are
   * left until it is known to be right, so that not more can be tried together than one by one. Throws `too_many`.
   */
  async tryKey<Result>(request: FastifyRequest, attempt: () => Promise<Result>): Promise<Result> {
    const caller = request.raw.socket.connection?.caller;
    if (!caller) return attempt();
    for (;;) {
      const waitMs = caller.keys.take(this.#elapsed());
      if (waitMs === 0) break;
      if (caller.trying.size === 0) throw new ProtocolError("too_many", { retryAfterMs: waitMs });
      await Promise.race(caller.trying);
    }
    const tried = attempt();
    const known = tried.then(
      () => caller.keys.giveBack(),
      (error: unknown) => {
        if (!(error instanceof ProtocolError && error.code === "not_allowed")) caller.keys.giveBack();
      },
    );
    caller.trying.add(known);
    try {
      await known;
    } finally {
      caller.trying.delete(known);
    }
    return tried;
  }

  #arrived(socket: Socket): void {
    const { connections, addressConnections } = this.#settings;
    const connection: Connection = { caller: null, excess: null, surplus: 0 };
    socket.connection = connection;
    this.#connections += 1;
    socket.once("close", () => {
      this.#connections -= 1;
      if (connection.caller === null) return;
      connection.caller.connections -= 1;
      for (let n = SURPLUS; n <= connection.surplus; n += SURPLUS) connection.caller.floods.owe(this.#elapsed());
    });
    if (connections !== null && this.#connections > connections + SPARE) {
      socket.destroy();
      return;
    }
    if (connections !== null && this.#connections > connections) connection.excess = "overloaded";
    const address = socket.remoteAddress ?? "";
    // A proxy's connections are its clients': whose, their requests say.
    if (this.#isProxy?.(address) === true) return;
    const caller = this.#of(address);
    this.#count(connection, caller);
    // Its next requests would be parsed before they can be refused, a thousand of them in one segment.
    if (caller.floods.wait(this.#elapsed()) > 0) socket.destroy();
    if (addressConnections !== null && caller.connections > addressConnections + SPARE) socket.destroy();
  }

  #callerOf(request: FastifyRequest, connection: Connection): Caller {
    if (this.#isProxy === null && connection.caller !== null) return connection.caller;
    const caller = this.#of(request.ip);
    if (connection.caller !== caller) this.#count(connection, caller);
    return caller;
  }

  #count(connection: Connection, caller: Caller): void {
    if (connection.caller !== null) connection.caller.connections -= 1;
    connection.caller = caller;
    caller.connections += 1;
    if (connection.excess === "overloaded") return;
    const { addressConnections } = this.#settings;
    const over = addressConnections !== null && caller.connections > addressConnections;
    connection.excess = over ? "too_many" : null;
  }

  #of(address: string): Caller {
    const key = callerKey(address);
    const known = this.#callers.get(key);
    if (known !== undefined) return known;
    const elapsed = this.#elapsed();
    this.#forget(elapsed);
    const caller = new Caller(this.#rates, elapsed);
    this.#callers.set(key, caller);
    return caller;
  }

  /** Looks at two for each one that is new: so the map stays within its bound, and no call ever walks all of it. */
  #forget(elapsed: number): void {
    const full = this.#callers.size >= this.#settings.addresses;
    let looks = 2;
    for (const [key, caller] of this.#callers) {
      this.#callers.delete(key);
      const gone = caller.connections === 0 && (full || elapsed - caller.seenAt > FORGET_MS);
      if (!gone) this.#callers.set(key, caller);
      looks -= 1;
      if (looks === 0) break;
    }
  }
}

function tooManyConnections(code: ErrorCode & ("overloaded" | "too_many")): ProtocolError {
  const message =
    code === "overloaded"
      ? "The server has its most connections. Those it has go on; try again later."
      : "This address has its most connections open. Close some, then try again.";
  return new ProtocolError(code, { message, retryAfterMs: RETRY_CONNECTION_MS });
}
