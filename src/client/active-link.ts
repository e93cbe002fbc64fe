import type { RepliedCommand, Reply } from "../protocol/commands.ts";
import type { Position } from "../protocol/cursor.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Bye, DownEvent } from "../protocol/events.ts";
import { TIMINGS } from "../protocol/limits.ts";
import { type Attach, type ClientTransport, type Link, LinkError, type Platform } from "../transports/contract.ts";
import { type Lifetime, lifetimeWithin } from "../transports/shared/client/async.ts";
import { isDurable } from "../transports/shared/client/incoming.ts";

/** How a link ended. */
export type LinkEnd =
  /** This client ended it. */
  | { readonly kind: "stopped" }
  | { readonly kind: "bye"; readonly bye: Bye }
  | { readonly kind: "refused"; readonly error: ProtocolError }
  | { readonly kind: "lost"; readonly error: Error };

/** Returns how a link ended that failed with this error. */
export function endOf(error: unknown): Extract<LinkEnd, { error: Error }> {
  if (error instanceof ProtocolError) return { kind: "refused", error };
  return { kind: "lost", error: error instanceof Error ? error : new Error(String(error)) };
}

/** Returns why a link that was to replace another did not. */
export function errorOf(end: LinkEnd): Error {
  switch (end.kind) {
    case "lost":
    case "refused":
      return end.error;
    case "bye":
      return new LinkError(`The server ended the new link at once: ${end.bye.reason}.`);
    case "stopped":
      return new LinkError("The switch was cancelled: another switch was requested, or the client was closed.");
  }
}

export interface LinkOwner {
  readonly platform: Platform;
  /** Takes one event. Throws LinkError if it shows that the link has skipped another. */
  received(event: Exclude<DownEvent, Bye>, link: ActiveLink): void;
  /** Sends a keep-alive, because this link's down-leg can't. */
  sendAlive(): void;
}

export interface LinkLimits {
  /** Silence that ends the attempt before the link is live, ms. */
  readonly proofMs: number;
  /** Silence that ends a live stream, ms. */
  readonly silenceMs: number;
}

function silence(ms: number): LinkError {
  return new LinkError(`The server has been silent for ${ms / 1_000} s.`, { kind: "timed_out" });
}

/** One link from its opening to its end: reads its events, detects silence and sends keep-alives. */
export class ActiveLink {
  readonly transport: ClientTransport;
  /** The `reader` number of the link. Higher numbers are newer. */
  readonly number: number;
  /** Monotonic ms. */
  readonly startedAt: number;
  /** Resolves when the link is live and everything replayed has been taken, or when it has ended before that. */
  readonly outcome: Promise<{ readonly kind: "proven"; readonly replayed: number } | LinkEnd>;
  readonly ended: Promise<LinkEnd>;
  /** The last event of the log that this link has delivered. The inbox updates it. */
  position: Position;
  /** The gap that the server reported before the link was live. */
  gap: { readonly missed: number | null } | null = null;
  /** Since when the link has been live, monotonic ms; null before. */
  liveAt: number | null = null;

  readonly #owner: LinkOwner;
  readonly #limits: LinkLimits;
  readonly #lifetime: Lifetime;
  readonly #outcome = Promise.withResolvers<{ readonly kind: "proven"; readonly replayed: number } | LinkEnd>();
  readonly #ended = Promise.withResolvers<LinkEnd>();
  #link: Link | null = null;
  #over = false;
  #durableEvents = 0;
  #replayed: number | null = null;
  #lastEventAt: number;
  #aliveSentAt: number;
  #cancelSilence: (() => void) | null = null;
  #cancelAlive: (() => void) | null = null;

  constructor(
    transport: ClientTransport,
    attach: Attach,
    position: Position,
    limits: LinkLimits,
    owner: LinkOwner,
    signal: AbortSignal,
  ) {
    const now = owner.platform.clock.monotonicNow();
    this.transport = transport;
    this.number = attach.reader;
    this.position = position;
    this.startedAt = now;
    this.outcome = this.#outcome.promise;
    this.ended = this.#ended.promise;
    this.#owner = owner;
    this.#limits = limits;
    this.#lastEventAt = now;
    this.#aliveSentAt = now;
    this.#lifetime = lifetimeWithin(signal);
    this.#lifetime.signal.addEventListener("abort", () => this.finish({ kind: "stopped" }), { once: true });
    if (signal.aborted) this.finish({ kind: "stopped" });
    else this.#open(attach);
  }

  /** True once the link has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** When the last event arrived, monotonic ms. */
  get lastEventAt(): number {
    return this.#lastEventAt;
  }

  /** True while the events being taken are replayed ones, which the server had stored when the link was opened. */
  get replaying(): boolean {
    return this.#replayed === null || this.#durableEvents <= this.#replayed;
  }

  /**
   * True once the link has stayed up longer than the longest silence of a stream, so proxies let it through. A link that
   * is cut whenever the room is quiet, or that delivers nothing after its proof, does not get through.
   */
  get gotThrough(): boolean {
    if (this.liveAt === null) return false;
    // An empty response to a poll is no event, so for polls it counts that they continued.
    const until = this.transport.streaming ? this.#lastEventAt : this.#owner.platform.clock.monotonicNow();
    return until - this.liveAt >= this.#limits.silenceMs;
  }

  async execute(command: RepliedCommand): Promise<Reply> {
    if (this.#link === null || this.#over) throw new LinkError("The link has ended.");
    return this.#link.execute(command);
  }

  /** Ends the link and everything it started. */
  stop(): void {
    this.finish({ kind: "stopped" });
  }

  /** Ends the link with this end. Does nothing if it has ended already. */
  finish(end: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelSilence?.();
    this.#cancelAlive?.();
    this.#lifetime.end();
    this.#outcome.resolve(end);
    this.#ended.resolve(end);
  }

  #open(attach: Attach): void {
    try {
      this.#link = this.transport.connect(attach, this.#owner.platform, this.#lifetime.signal);
    } catch (error) {
      this.finish(endOf(error));
      return;
    }
    this.#watchSilence();
    this.#link.opened.then(
      ({ replayed }) => {
        this.#replayed = replayed;
        this.#settleProof();
      },
      // The iteration fails as well, after the last event.
      () => undefined,
    );
    void this.#read(this.#link);
  }

  async #read(link: Link): Promise<void> {
    try {
      for await (const event of link) {
        if (this.#over) return;
        this.#lastEventAt = this.#owner.platform.clock.monotonicNow();
        if (event.type === "bye") return this.finish({ kind: "bye", bye: event });
        if (isDurable(event)) this.#durableEvents += 1;
        this.#owner.received(event, this);
        this.#settleProof();
        if (this.liveAt !== null) this.#keepAlive();
      }
      this.finish({ kind: "lost", error: new LinkError("The server ended the connection.") });
    } catch (error) {
      this.finish(endOf(error));
    }
  }

  #settleProof(): void {
    if (this.#over || this.liveAt !== null || this.#replayed === null || this.#durableEvents < this.#replayed) return;
    this.liveAt = this.#owner.platform.clock.monotonicNow();
    this.#lastEventAt = this.liveAt;
    this.#watchSilence();
    this.#keepAlive();
    this.#outcome.resolve({ kind: "proven", replayed: this.#replayed });
  }

  /**
   * Ends the link after too long a silence. Events don't reset the timer: when it fires after a recent event, it re-arms
   * for the remaining time. Polls have a timeout of their own.
   */
  #watchSilence(): void {
    this.#cancelSilence?.();
    this.#cancelSilence = null;
    if (this.liveAt !== null && !this.transport.streaming) return;
    const limit = this.liveAt === null ? this.#limits.proofMs : this.#limits.silenceMs;
    const left = this.#lastEventAt + limit - this.#owner.platform.clock.monotonicNow();
    if (left <= 0) this.finish({ kind: "lost", error: silence(limit) });
    else this.#cancelSilence = this.#owner.platform.clock.after(left, () => this.#watchSilence());
  }

  /** Sends a keep-alive if one is due. Called at each event too, because browsers throttle the timers of hidden pages. */
  #keepAlive(): void {
    if (this.#over || !this.transport.streaming || this.transport.duplex) return;
    const left = this.#aliveSentAt + TIMINGS.aliveEveryMs - this.#owner.platform.clock.monotonicNow();
    if (left > 0 && this.#cancelAlive !== null) return;
    if (left <= 0) {
      this.#aliveSentAt = this.#owner.platform.clock.monotonicNow();
      this.#owner.sendAlive();
    }
    this.#cancelAlive?.();
    this.#cancelAlive = this.#owner.platform.clock.after(left > 0 ? left : TIMINGS.aliveEveryMs, () => {
      this.#cancelAlive = null;
      this.#keepAlive();
    });
  }
}
