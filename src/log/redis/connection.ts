import { createClient, ErrorReply } from "@redis/client";
import { codeOf } from "../store-error.ts";
import type { Endpoint, RedisAddress } from "./address.ts";

/** Deadline of a TCP and TLS handshake. */
export const CONNECT_MS = 5_000;
/** Most commands in flight. Redis answers 50,000 in about a second, so more would only wait. */
const QUEUE_LENGTH = 50_000;

export type OnMessage = (message: string, channel: string) => void;
export type Login = Pick<RedisAddress, "tls" | "credentials">;

/** One TCP connection. It is never used again after it failed, because the library's own reconnect resends commands. */
export class Connection {
  readonly #client: ReturnType<typeof clientFor>;
  readonly #abort = new AbortController();
  #ended = false;

  /** `onLost` is called when the connection ends by itself. */
  constructor(endpoint: Endpoint, login: Login, onLost: (error: unknown) => void) {
    this.#client = clientFor(endpoint, login, this.#abort.signal);
    this.#client.on("error", (error: unknown) => {
      if (!this.#ended) onLost(error);
    });
  }

  async connect(): Promise<void> {
    await this.#client.connect().catch(rethrow);
    // The library goes on connecting when it is destroyed meanwhile.
    if (!this.#ended) return;
    this.#client.destroy();
    throw notConnected();
  }

  async send(args: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand<unknown>(args).catch(rethrow);
  }

  async subscribe(channels: string[], listener: OnMessage): Promise<void> {
    this.#requireOpen();
    await this.#client.sSubscribe(channels, listener).catch(rethrow);
  }

  async unsubscribe(channel: string, listener: OnMessage): Promise<void> {
    this.#requireOpen();
    await this.#client.sUnsubscribe(channel, listener).catch(rethrow);
  }

  /** Rejects what is pending. `onLost` is not called. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client.destroy();
    // Destroying the client does not reach a socket that is still connecting.
    this.#abort.abort();
  }

  /** Throws after `end`: the library would keep a subscription of a destroyed client pending. */
  #requireOpen(): void {
    if (this.#ended) throw notConnected();
  }
}

/** A call that failed. */
export class RedisError extends Error {
  override readonly name = "RedisError";
  /**
   * `down`: there is no connection, or it ended before the reply, so that the outcome is unknown. `refused`: Redis
   * replied with an error and did nothing.
   */
  readonly kind: "down" | "refused";
  /** Refused: the first word of Redis' error, such as OOM. Down: the system's code, such as ECONNRESET, or DOWN. */
  readonly code: string;

  constructor(kind: RedisError["kind"], code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.code = code;
  }
}

function clientFor({ host, port }: Endpoint, { tls, credentials }: Login, signal: AbortSignal) {
  const socket = { host, port, signal, connectTimeout: CONNECT_MS, reconnectStrategy: false as const };
  return createClient({
    socket: tls ? { ...socket, tls } : socket,
    ...credentials,
    // Commands of before would go to the next primary.
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUEUE_LENGTH,
    // A timeout of the library ends when the command is written, and costs a timer for each.
    commandOptions: { timeout: 0 },
    // Redis Enterprise alone knows maintenance notifications, and 7.0 does not know CLIENT SETINFO.
    maintNotifications: "disabled",
    disableClientInfo: true,
  });
}

/** Converts an error of the library. */
export function redisError(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  const message = error instanceof Error && error.message !== "" ? error.message : String(error);
  if (error instanceof ErrorReply) return new RedisError("refused", message.split(" ", 1)[0] ?? "ERR", message);
  return new RedisError("down", codeOf(error) ?? "DOWN", message, error);
}

function rethrow(error: unknown): never {
  throw redisError(error);
}

export function notConnected(): RedisError {
  return new RedisError("down", "DOWN", "not connected to Redis");
}
