import { Http2ServerRequest } from "node:http2";
import { BlockList, isIP, type Server, type Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Rate, RateLimit } from "../chat/rate.ts";
import type { Settings } from "../chat/settings.ts";
import { type ErrorCode, ProtocolError } from "../protocol/errors.ts";

/** What is counted for one connection. */
export interface Connection {
  /** The address that it counts for; null on a proxy's connection until a request names it. */
  caller: Caller | null;
  /** The error that refuses every request on it if it is over a limit on connections; else null. */
  overLimit: "overloaded" | "too_many" | null;
  /** Requests that were parsed after the connection had been closed. `Pipelining` counts them. */
  requestsAfterClose: number;
}

/** Connections over a limit that still get an answer. Any further ones are closed without one. */
const SPARE = 100;
const RETRY_CONNECTION_MS = 5_000;
/** This many requests that were parsed after their connection had closed take one of `Caller.lateRequests`. */
const LATE_REQUESTS_PER_TAKE = 32;
/** By then every limit has recovered. */
const FORGET_MS = 600_000;
/** Not limited: monitoring must work when the server is overloaded. */
const UNLIMITED_PATHS = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Limits what one address may do: connections, requests, sessions, pages of history, upgrades, wrong room keys.
 *
 * A connection knows its caller, so a request costs no lookup. A trusted proxy's connection carries the requests of many
 * callers; there each request costs one lookup.
 */
export class Callers {
  readonly #settings: Settings;
  readonly #rates: CallerRates;
  readonly #monotonicNow: () => number;
  readonly #isProxy: ((address: string) => boolean) | null;
  readonly #callers = new Map<string, Caller>();
  #connections = 0;

  /** `isProxy`: addresses whose X-Forwarded-For is trusted, as in Fastify's `trustProxy`; null: none. */
  constructor(settings: Settings, monotonicNow: () => number, isProxy: ((address: string) => boolean) | null) {
    this.#settings = settings;
    this.#rates = {
      requests: settings.addressRequestRate,
      sessions: settings.addressSessionRate,
      history: settings.addressHistoryRate,
      upgrades: settings.addressUpgradeRate,
      keys: settings.addressKeyRate,
      refusals: settings.addressRefusalRate,
    };
    this.#monotonicNow = monotonicNow;
    this.#isProxy = isProxy;
  }

  /** Number of addresses that are tracked. */
  get size(): number {
    return this.#callers.size;
  }

  /** Counts connections when they open, and upgrades that fail for any reason but `too_many`. Call it before the server listens. */
  watch(app: FastifyInstance): void {
    const server: Server = app.server;
    server.on("connection", (socket) => this.#arrived(socket));
    app.addHook("onError", (request, _reply, error, done) => {
      const isTooMany = error instanceof ProtocolError && error.code === "too_many";
      if (request.headers.upgrade !== undefined && !isTooMany) {
        request.raw.socket.connection?.caller?.upgrades.takeOnCredit(this.#monotonicNow());
      }
      done();
    });
  }

  /** Counts a request. Returns the error to refuse it with, or null. */
  refusal(request: FastifyRequest, reply: FastifyReply): ProtocolError | null {
    const { socket } = request.raw;
    socket.connection ??= { caller: null, overLimit: null, requestsAfterClose: 0 };
    const { connection } = socket;
    const caller = this.#callerOf(request, connection);
    const now = this.#monotonicNow();
    caller.seenAt = now;
    let waitMs = caller.requests?.take(now) ?? 0;
    if (connection.overLimit === null && waitMs === 0) {
      if (request.headers.upgrade === undefined) return null;
      waitMs = caller.upgrades.wait(now);
      if (waitMs === 0) return null;
    }
    if (UNLIMITED_PATHS.has(request.url)) return null;
    if (this.#isProxy === null) this.#close(request, reply, caller.refusals.take(now) > 0);
    if (connection.overLimit === null) return new ProtocolError("too_many", { retryAfterMs: waitMs });
    return tooManyConnections(connection.overLimit);
  }

  /** Ends the connection after the refusal; at once if the address has used up its refusal rate, since refusing is not free. */
  #close({ raw }: FastifyRequest, reply: FastifyReply, atOnce: boolean): void {
    if (raw.httpVersionMajor === 1) {
      reply.header("connection", "close");
      if (atOnce) raw.socket.destroy();
    } else if (raw instanceof Http2ServerRequest) {
      const { session } = raw.stream;
      if (atOnce) session?.destroy();
      // Open streams, such as a stream of events, are unaffected.
      else session?.close();
    }
  }

  /** Counts the opening of a session or a page of history. Returns the error to refuse it with, or null. */
  refusalOf(what: "sessions" | "history", request: FastifyRequest): ProtocolError | null {
    const waitMs = request.raw.socket.connection?.caller?.[what].take(this.#monotonicNow()) ?? 0;
    return waitMs === 0 ? null : new ProtocolError("too_many", { retryAfterMs: waitMs });
  }

  /**
   * Tries a room key with `attempt`, unless the address has sent too many wrong ones. An attempt counts as wrong until it
   * succeeds, so that parallel attempts get no further than sequential ones. Rejects with `too_many`.
   */
  async tryKey<Result>(request: FastifyRequest, attempt: () => Promise<Result>): Promise<Result> {
    const caller = request.raw.socket.connection?.caller;
    if (!caller) return attempt();
    for (;;) {
      const waitMs = caller.keys.take(this.#monotonicNow());
      if (waitMs === 0) break;
      if (caller.trying.size === 0) throw new ProtocolError("too_many", { retryAfterMs: waitMs });
      await Promise.race(caller.trying);
    }
    const tried = attempt();
    const settled = tried.then(
      () => caller.keys.giveBack(),
      (error: unknown) => {
        if (!(error instanceof ProtocolError && error.code === "not_allowed")) caller.keys.giveBack();
      },
    );
    caller.trying.add(settled);
    try {
      await settled;
    } finally {
      caller.trying.delete(settled);
    }
    return tried;
  }

  #arrived(socket: Socket): void {
    const { connections, addressConnections } = this.#settings;
    const connection: Connection = { caller: null, overLimit: null, requestsAfterClose: 0 };
    socket.connection = connection;
    this.#connections += 1;
    socket.once("close", () => {
      this.#connections -= 1;
      if (connection.caller === null) return;
      connection.caller.connections -= 1;
      for (let n = LATE_REQUESTS_PER_TAKE; n <= connection.requestsAfterClose; n += LATE_REQUESTS_PER_TAKE) {
        connection.caller.lateRequests.takeOnCredit(this.#monotonicNow());
      }
    });
    if (connections !== null && this.#connections > connections + SPARE) {
      socket.destroy();
      return;
    }
    if (connections !== null && this.#connections > connections) connection.overLimit = "overloaded";
    const address = socket.remoteAddress ?? "";
    // A proxy's connection counts for the client that its next request names.
    if (this.#isProxy?.(address) === true) return;
    const caller = this.#callerAt(address);
    this.#count(connection, caller);
    // The address flooded closed connections before. Refusing request by request would be too late: one segment can hold
    // a thousand, and all are parsed first.
    if (caller.lateRequests.wait(this.#monotonicNow()) > 0) socket.destroy();
    if (addressConnections !== null && caller.connections > addressConnections + SPARE) socket.destroy();
  }

  #callerOf(request: FastifyRequest, connection: Connection): Caller {
    if (this.#isProxy === null && connection.caller !== null) return connection.caller;
    const caller = this.#callerAt(request.ip);
    if (connection.caller !== caller) this.#count(connection, caller);
    return caller;
  }

  #count(connection: Connection, caller: Caller): void {
    if (connection.caller !== null) connection.caller.connections -= 1;
    connection.caller = caller;
    caller.connections += 1;
    if (connection.overLimit === "overloaded") return;
    const { addressConnections } = this.#settings;
    const over = addressConnections !== null && caller.connections > addressConnections;
    connection.overLimit = over ? "too_many" : null;
  }

  #callerAt(address: string): Caller {
    const key = callerKey(address);
    const known = this.#callers.get(key);
    if (known !== undefined) return known;
    const now = this.#monotonicNow();
    this.#forget(now);
    const caller = new Caller(this.#rates, now);
    this.#callers.set(key, caller);
    return caller;
  }

  /** Checks two entries for each new one, so that the map stays bounded and no call walks all of it. */
  #forget(now: number): void {
    const full = this.#callers.size >= this.#settings.addresses;
    let checksLeft = 2;
    for (const [key, caller] of this.#callers) {
      this.#callers.delete(key);
      const gone = caller.connections === 0 && (full || now - caller.seenAt > FORGET_MS);
      if (!gone) this.#callers.set(key, caller);
      checksLeft -= 1;
      if (checksLeft === 0) break;
    }
  }
}

/** What one address has used of its limits. */
class Caller {
  connections = 0;
  readonly requests: RateLimit | null;
  readonly sessions: Allowance;
  readonly history: Allowance;
  readonly upgrades: Allowance;
  readonly keys: Allowance;
  readonly refusals: Allowance;
  /** A bucket of its own, at the refusal rate, for requests that were parsed after their connection had been closed. */
  readonly lateRequests: Allowance;
  /** Attempts at room keys that are in flight. */
  readonly trying = new Set<Promise<unknown>>();
  /** Monotonic ms of its last request or connection. */
  seenAt: number;

  constructor(rates: CallerRates, now: number) {
    this.requests = rates.requests === null ? null : new RateLimit(rates.requests, now);
    this.sessions = new Allowance(rates.sessions);
    this.history = new Allowance(rates.history);
    this.upgrades = new Allowance(rates.upgrades);
    this.keys = new Allowance(rates.keys);
    this.refusals = new Allowance(rates.refusals);
    this.lateRequests = new Allowance(rates.refusals);
    this.seenAt = now;
  }
}

interface CallerRates {
  readonly requests: Rate | null;
  readonly sessions: Rate | null;
  readonly history: Rate | null;
  readonly upgrades: Rate | null;
  readonly keys: Rate | null;
  readonly refusals: Rate | null;
}

/** A rate limit that takes no memory until it is used, because an address uses few of its limits. */
class Allowance {
  readonly #rate: Rate | null;
  #limit: RateLimit | null = null;

  constructor(rate: Rate | null) {
    this.#rate = rate;
  }

  /** Takes one and returns 0, or returns the ms until there is one. */
  take(now: number): number {
    if (this.#rate === null) return 0;
    this.#limit ??= new RateLimit(this.#rate, now);
    return this.#limit.take(now);
  }

  /** Returns 0 if there is one, else the ms until there is. */
  wait(now: number): number {
    return this.#limit?.wait(now) ?? 0;
  }

  /** Returns one that was taken. */
  giveBack(): void {
    this.#limit?.giveBack();
  }

  /** Takes one even if there is none. */
  takeOnCredit(now: number): void {
    if (this.#rate === null) return;
    this.#limit ??= new RateLimit(this.#rate, now);
    this.#limit.takeOnCredit(now);
  }
}

function tooManyConnections(code: ErrorCode & ("overloaded" | "too_many")): ProtocolError {
  const message =
    code === "overloaded"
      ? "Connection limit reached. Existing connections are unaffected. Try again later."
      : "This address has too many open connections. Close some, then try again.";
  return new ProtocolError(code, { message, retryAfterMs: RETRY_CONNECTION_MS });
}

/**
 * Returns the key that all addresses of one caller share: an IPv4 address in one spelling, or the /64 of an IPv6 address.
 * All non-addresses share one key; a proxy may forward them.
 */
export function callerKey(address: string): string {
  const family = isIP(address);
  if (family === 0) return "unknown";
  if (family === 4) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  // A provider gives each customer a whole /64 at least.
  const [front = "", back] = (address.split("%", 1)[0] ?? address).toLowerCase().split("::");
  const head = groupsOf(front);
  const tail = back === undefined ? [] : groupsOf(back);
  const zeros = back === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  if (text === "") return [];
  // The last 32 bits may be written as an IPv4 address: two groups. Their values don't matter, only the first four count.
  return text.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
}

/** Returns whether a text is an address or a range in CIDR notation: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
export function isRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Returns a test for addresses in these ranges. Each must satisfy `isRange`. */
export function inRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
