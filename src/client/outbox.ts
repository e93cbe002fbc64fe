import type { RepliedCommand, Reply, Say } from "../protocol/commands.ts";
import { isErrorCode, ProtocolError } from "../protocol/errors.ts";
import type { CommandId } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Platform } from "../transports/contract.ts";
import { hintMs } from "../transports/shared/client/incoming.ts";
import { Backoff, CLIENT_TIMINGS, isSessionGone } from "./retry.ts";
import { SendError } from "./types.ts";

interface Entry {
  readonly command: Say;
  readonly answer: PromiseWithResolvers<number>;
  /** Monotonic ms of `send()`. */
  readonly queuedAt: number;
  /** The newest attempt to send it. */
  flight: Flight | null;
  attempts: number;
}

/** When an own message was sent and acknowledged, monotonic ms. */
export interface Timing {
  readonly queuedAt: number;
  /** Null if the message was sent more than once: it is unknown which attempt the server accepted. */
  readonly sentAt: number | null;
  readonly repliedAt: number | null;
}

interface OutboxOwner {
  readonly platform: Platform;
  roundTrip(ms: number): void;
  /** Called when the server no longer knows the session. Pending messages must not be sent as another member. */
  sessionGone(error: ProtocolError): void;
}

/** How many acknowledged messages are remembered until their echo arrives. */
const MAX_TIMINGS = 256;

/**
 * Messages that are not acknowledged yet, first in, first out. Only one is in flight: a second one would overtake it if
 * the first had to be sent again.
 */
export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #backoff: Backoff;
  readonly #entries: Entry[] = [];
  readonly #timings = new Map<string, Timing>();
  #sender: Sender | null = null;
  #flight: Flight | null = null;
  #cancelRetry: (() => void) | null = null;
  #cancelGiveUp: (() => void) | null = null;

  constructor(owner: OutboxOwner) {
    this.#owner = owner;
    this.#backoff = new Backoff(() => owner.platform.random());
  }

  /** Queues a message. Returns the pending promise if a message with the same id is queued already. */
  send(id: CommandId, text: string): Promise<number> {
    const pending = this.#entries.find(({ command }) => command.id === id);
    if (pending !== undefined) return pending.answer.promise;
    const answer = Promise.withResolvers<number>();
    const queuedAt = this.#owner.platform.clock.monotonicNow();
    this.#entries.push({ command: { type: "say", id, text }, answer, queuedAt, flight: null, attempts: 0 });
    this.#armDeadline();
    this.#advance();
    return answer.promise;
  }

  /** Sends messages over this link from now on, or over none (null). The message in flight is sent again at once. */
  use(sender: Sender | null): void {
    if (this.#sender === sender) return;
    this.#sender = sender;
    this.#flight = null;
    this.#stopRetry();
    this.#backoff.reset();
    this.#advance();
  }

  /** Acknowledges an own message that arrived as an event: it is in the log. Returns when it was sent. */
  echoed(id: string, seq: number): Timing | null {
    const entry = this.#entries.find(({ command }) => command.id === id);
    if (entry !== undefined) this.#settle(entry, () => entry.answer.resolve(seq), null);
    const timing = this.#timings.get(id) ?? null;
    this.#timings.delete(id);
    return timing;
  }

  /** Fails everything that is pending. */
  failAll(message: string): void {
    this.#flight = null;
    this.#stopRetry();
    for (const entry of this.#entries.splice(0)) entry.answer.reject(new SendError(message));
    this.#armDeadline();
  }

  #advance(): void {
    const [entry] = this.#entries;
    const sender = this.#sender;
    if (entry === undefined || sender === null || this.#flight !== null || this.#cancelRetry !== null) return;
    const flight: Flight = { sentAt: this.#owner.platform.clock.monotonicNow() };
    this.#flight = flight;
    entry.flight = flight;
    entry.attempts += 1;
    void this.#send(entry, sender, flight);
  }

  async #send(entry: Entry, sender: Sender, flight: Flight): Promise<void> {
    const result = await transmit(sender, entry.command);
    const now = this.#owner.platform.clock.monotonicNow();
    if (result.kind !== "failed") this.#owner.roundTrip(now - flight.sentAt);
    // A reply over a link that was replaced meanwhile is valid too.
    if (result.kind === "ok") return this.#settle(entry, () => entry.answer.resolve(result.seq), now);
    if (this.#flight !== flight) return;
    this.#flight = null;
    if (result.kind === "failed") return this.#retry(undefined);
    const { error } = result;
    if (isSessionGone(error)) return this.#owner.sessionGone(error);
    if (error.retry) this.#retry(error.retryAfterMs);
    else this.#settle(entry, () => entry.answer.reject(error), null);
  }

  #retry(retryAfterMs: number | undefined): void {
    this.#cancelRetry = this.#owner.platform.clock.after(this.#backoff.next(retryAfterMs), () => {
      this.#cancelRetry = null;
      this.#advance();
    });
  }

  #settle(entry: Entry, answer: () => void, repliedAt: number | null): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    this.#rememberTiming(entry, repliedAt);
    if (index === 0) {
      this.#flight = null;
      this.#stopRetry();
      this.#backoff.reset();
      this.#armDeadline();
    }
    answer();
    this.#advance();
  }

  #rememberTiming({ command, queuedAt, flight, attempts }: Entry, repliedAt: number | null): void {
    const sentAt = flight !== null && attempts === 1 ? flight.sentAt : null;
    this.#timings.set(command.id, { queuedAt, sentAt, repliedAt });
    const [oldest] = this.#timings.keys();
    if (this.#timings.size > MAX_TIMINGS && oldest !== undefined) this.#timings.delete(oldest);
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  /** Starts the deadline of the first message. All have the same timeout, so one timer is enough. */
  #armDeadline(): void {
    const [head] = this.#entries;
    this.#cancelGiveUp?.();
    this.#cancelGiveUp = null;
    if (head === undefined) return;
    const left = head.queuedAt + CLIENT_TIMINGS.giveUpMs - this.#owner.platform.clock.monotonicNow();
    this.#cancelGiveUp = this.#owner.platform.clock.after(Math.max(0, left), () => this.#giveUp(head));
  }

  #giveUp(entry: Entry): void {
    const minutes = CLIENT_TIMINGS.giveUpMs / 60_000;
    const error = new SendError(
      `No answer for ${minutes} minutes. The message may or may not have arrived: check before you send it again.`,
    );
    this.#settle(entry, () => entry.answer.reject(error), null);
  }
}

/** The part of a link that the outbox needs. */
export interface Sender {
  execute(command: RepliedCommand): Promise<Reply>;
}

/** One attempt to send one command. Compared by identity. */
export interface Flight {
  /** Monotonic ms. */
  readonly sentAt: number;
}

export type Sent =
  | { readonly kind: "ok"; readonly seq: number }
  | { readonly kind: "refused"; readonly error: ProtocolError }
  /** No reply. The server may have executed it. */
  | { readonly kind: "failed" };

/** Sends a message once. Never rejects. */
export async function transmit(sender: Sender, command: Say): Promise<Sent> {
  try {
    const reply = await sender.execute(command);
    if (reply.type === "refused") return { kind: "refused", error: refusal(reply) };
    if (reply.seq !== undefined) return { kind: "ok", seq: reply.seq };
    const message = "The server acknowledged the message without its place in the log.";
    return { kind: "refused", error: new ProtocolError("malformed", { message }) };
  } catch (error) {
    return error instanceof ProtocolError ? { kind: "refused", error } : { kind: "failed" };
  }
}

function refusal({ code, message, retryAfterMs }: Extract<Reply, { type: "refused" }>): ProtocolError {
  const wait = hintMs(retryAfterMs);
  return new ProtocolError(isErrorCode(code) ? code : "internal", {
    message,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

function isCommandId(text: string): text is CommandId {
  return text.length >= 1 && text.length <= LIMITS.commandIdCharacters && text.isWellFormed();
}

/** Creates command ids that are unique among all commands of a member, also after a reload. */
export class CommandIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: () => number) {
    // crypto.randomUUID is missing in pages without TLS. An id has to be unique, not secret.
    const part = (): string => Math.floor(random() * 2 ** 40).toString(36);
    this.#prefix = `${part()}${part()}`;
  }

  next(): CommandId {
    this.#count += 1;
    return this.take(`${this.#prefix}-${this.#count}`);
  }

  /** Returns the given id, or a new one. Throws ProtocolError if the id is invalid. */
  take(given: string | undefined): CommandId {
    if (given === undefined) return this.next();
    if (isCommandId(given)) return given;
    const message = `A command's id has 1 to ${LIMITS.commandIdCharacters} characters and no lone surrogates.`;
    throw new ProtocolError("unprocessable", { message });
  }
}
