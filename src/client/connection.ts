import { ProtocolError } from "../protocol/errors.ts";
import type { SessionRequest } from "../protocol/http.ts";
import { type ClientTransport, LinkError, type Platform } from "../transports/contract.ts";
import { ActiveLink, endOf, errorOf, type LinkEnd } from "./active-link.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import { CLIENT_TIMINGS, isSessionGone, type NextStep, nextStep, RetryTimer, refusedBecause } from "./retry.ts";
import { type OpenSession, openSession, type SessionApi } from "./session.ts";
import { originTrouble, type Status, troubleOf } from "./state.ts";
import { AUTO, type TransportChoice, UpgradeProber } from "./transport-choice.ts";
import type { ClosedBecause, LiveSince, PassedOver, Resumption } from "./types.ts";

/** What a connection works with. */
export interface ConnectionParts {
  readonly base: URL;
  readonly platform: Platform;
  readonly api: SessionApi;
  readonly choice: TransportChoice;
  readonly outbox: Outbox;
  readonly status: Status;
  readonly signal: AbortSignal;
  readonly request: SessionRequest;
  readonly resume: Resumption | undefined;
  /** Creates the inbox that takes all events of this client. Called once. */
  makeInbox(session: OpenSession): Inbox;
  /** Called with each session that is opened: the first one, and its replacements. */
  sessionOpened(session: OpenSession): void;
}

/** Events arrive by `link`. It may have just ended: the next wait or attempt then replaces this state. */
interface Live {
  readonly kind: "live";
  readonly link: ActiveLink;
  readonly since: LiveSince;
  readonly passedOver: readonly PassedOver[];
}

/** A move to another transport, make-before-break: `link` is stopped once `next` is live. */
interface Switching extends Omit<Live, "kind"> {
  readonly kind: "switching";
  readonly next: ActiveLink;
  /** True if the user did not ask for the move. It is not shown and gets less time. */
  readonly quiet: boolean;
  /** Resolves when the move has succeeded or failed. */
  readonly settled: Promise<void>;
}

/** The state machine of docs/architecture.md. `opening` has no link while a session is being opened. */
type State =
  | { readonly kind: "idle" }
  | { readonly kind: "opening"; readonly link: ActiveLink | null }
  | { readonly kind: "waiting"; readonly inMs: number }
  | Live
  | Switching
  | { readonly kind: "ended" };

const AGAIN: NextStep = { kind: "retry", retryAfterMs: undefined };

/** Keeps one member connected: opens the session and a link, reconnects whenever the link ends, and switches transports. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #retry: RetryTimer;
  readonly #prober: UpgradeProber;
  #state: State = { kind: "idle" };
  #session: OpenSession | null = null;
  #inbox: Inbox | null = null;
  /** The highest number a link of this session has had. */
  #newest: number;
  /** True after a session was replaced, until a link has lasted. */
  #renewed = false;
  /** A switch that was requested while nothing was live. */
  #requestedSwitch: PromiseWithResolvers<void> | null = null;

  constructor(parts: ConnectionParts) {
    const { platform, signal, choice, resume } = parts;
    this.#parts = parts;
    this.#newest = resume?.reader ?? 0;
    this.#retry = new RetryTimer(platform, signal);
    this.#prober = new UpgradeProber({
      platform,
      better: () => (this.#state.kind === "live" ? choice.better(this.#state.link.transport) : []),
      tryTransport: (transport) => this.#move(transport, true),
    });
  }

  get session(): OpenSession | null {
    return this.#session;
  }

  /** What another client needs to resume from here; null before there is a session. */
  get resumption(): Resumption | null {
    if (this.#session === null || this.#inbox === null) return null;
    return { session: this.#session.token, cursor: this.#inbox.tracker.cursor, reader: this.#newest };
  }

  /** The live link; null while there is none. */
  get current(): ActiveLink | null {
    const link = this.#lastLive;
    return link === null || link.over ? null : link;
  }

  /** Returns whether ephemeral events are taken from this link. While two links are open, only one of them counts. */
  isPrimary(link: ActiveLink): boolean {
    const { current } = this;
    return current === null || current === link;
  }

  /** Shows a gap that the server reported on this link, if it is the live one. */
  gapped(link: ActiveLink, missed: number | null): void {
    const state = this.#state;
    if ((state.kind === "live" || state.kind === "switching") && state.link === link) {
      this.#enter({ ...state, since: { kind: "gap", missed } });
    }
  }

  /** Runs until the client has to close and returns why. Rejects with ProtocolError if no session can be opened. */
  async run(): Promise<ClosedBecause> {
    const { signal, outbox } = this.#parts;
    let { resume } = this.#parts;
    let needsSession = true;
    for (;;) {
      await this.#retry.ready((inMs) => this.#enter({ kind: "waiting", inMs }));
      if (signal.aborted) return { kind: "closed" };
      if (needsSession) {
        needsSession = !(await this.#openSession(resume));
        continue;
      }
      const step = await this.#openLink();
      switch (step.kind) {
        case "retry":
          break;
        case "renew":
          // The server no longer knows the session: continue as a new member of the same name, from the same cursor.
          outbox.failAll("The session was lost, so you rejoined as a new member. Send this message again.");
          if (this.#renewed) this.#retry.failed(undefined);
          this.#renewed = true;
          resume = undefined;
          needsSession = true;
          break;
        case "refused":
          return refusedBecause(step.error);
        case "close":
          return step.because;
      }
    }
  }

  /** Opens a session, one attempt. Returns whether it is open. Rejects with ProtocolError if it is refused for good. */
  async #openSession(resume: Resumption | undefined): Promise<boolean> {
    const { api, request, signal, choice, makeInbox, sessionOpened } = this.#parts;
    this.#enter({ kind: "opening", link: null });
    let session: OpenSession;
    try {
      session = await openSession(api, request, resume);
    } catch (error) {
      if (signal.aborted) return false;
      const refusal = error instanceof ProtocolError ? error : null;
      if (refusal?.retry === false) throw error;
      this.#showTrouble(endOf(error));
      this.#retry.failed(refusal?.retryAfterMs);
      return false;
    }
    if (signal.aborted) return false;
    this.#session = session;
    this.#inbox ??= makeInbox(session);
    choice.limitTo(new Set(session.info.transports.map(({ name }) => name)));
    sessionOpened(session);
    return true;
  }

  /** Opens one link, reads it and its successors until none is live, and returns what to do next. */
  async #openLink(): Promise<NextStep> {
    const { choice, signal } = this.#parts;
    const attempt = choice.next();
    if (attempt === null) return { kind: "refused", error: nothingInCommon(choice.preference) };
    const { proofMs, soloProofMs } = CLIENT_TIMINGS;
    const link = this.#startLink(attempt.transport, attempt.alone ? soloProofMs : proofMs);
    this.#enter({ kind: "opening", link });
    const outcome = await link.outcome;
    if (signal.aborted) return AGAIN;
    if (outcome.kind !== "proven") return this.#afterEnd(outcome, link, attempt.waitsAfter);
    const fresh = !choice.hasWorked && this.#session?.resumed === false;
    this.#goLive(link, fresh ? { kind: "fresh" } : { kind: "resumed", replayed: outcome.replayed });
    const lost = await this.#untilLost(link);
    return this.#afterEnd(lost.end, lost.link, true);
  }

  /**
   * Starts a link of the session from the client's cursor. Each attempt has its own number: the request of an abandoned
   * attempt may still be in flight and reach the server after the next one. With the same number it would replace it.
   */
  #startLink(transport: ClientTransport, proofMs: number): ActiveLink {
    const { base, platform, api, signal } = this.#parts;
    const session = this.#session;
    const inbox = this.#inbox;
    if (session === null || inbox === null) throw new TypeError("There is no session to attach a reader to.");
    this.#newest += 1;
    const { cursor, position } = inbox.tracker;
    const attach = { base, session: session.token, after: cursor, reader: this.#newest };
    const heartbeatMs = Math.min(session.info.heartbeatMs, CLIENT_TIMINGS.longestHeartbeatMs);
    const silenceMs = 2 * heartbeatMs + CLIENT_TIMINGS.silenceGraceMs;
    const owner = {
      platform,
      received: inbox.take.bind(inbox),
      // A lost one does no harm: the next one replaces it, and a server that receives none ends the link.
      sendAlive: () => void api.alive(session.token).catch(() => undefined),
    };
    return new ActiveLink(transport, attach, position, { proofMs, silenceMs }, owner, signal);
  }

  #goLive(link: ActiveLink, since: LiveSince): void {
    const { choice, outbox } = this.#parts;
    choice.succeeded(link.transport);
    const { passedOver, probeMs } = choice.betterThatFailed(link.transport);
    this.#enter({ kind: "live", link, since: link.gap === null ? since : { kind: "gap", ...link.gap }, passedOver });
    outbox.use(link);
    this.#prober.restart(probeMs);
    if (choice.preference !== AUTO && choice.candidates()[0] !== link.transport) return;
    this.#requestedSwitch?.resolve();
    this.#requestedSwitch = null;
  }

  /** Resolves when no link is live any more, however often it was replaced in between. */
  async #untilLost(first: ActiveLink): Promise<{ readonly end: LinkEnd; readonly link: ActiveLink }> {
    for (let link = first; ; link = this.#lastLive ?? link) {
      const end = await link.ended;
      if (this.#isReplaced(link)) continue;
      this.#parts.outbox.use(null);
      this.#prober.stop();
      const move = this.#switching;
      if (move !== null && nextStep(end, this.#isNewest(link)).kind === "retry") {
        // The link that was to replace it may be about to succeed.
        this.#showTrouble(end);
        this.#enter(move);
        await move.settled;
        if (this.#isReplaced(link)) continue;
      }
      this.#cancelMove();
      return { end, link };
    }
  }

  /** Decides what follows from a link's end, and schedules the next attempt. */
  async #afterEnd(ended: LinkEnd, link: ActiveLink, waits: boolean): Promise<NextStep> {
    const { platform, choice, signal } = this.#parts;
    if (ended.kind === "stopped") return AGAIN;
    if (link.liveAt !== null) {
      const lasted = platform.clock.monotonicNow() - link.liveAt >= CLIENT_TIMINGS.steadyMs;
      this.#retry.succeeded(lasted);
      if (lasted) this.#renewed = false;
    }
    const general = await this.#generalEnd(ended, link);
    if (signal.aborted) return AGAIN;
    const end = general ?? ended;
    this.#showTrouble(end);
    // A cause that concerns every transport counts against none of them.
    if (general === null) choice.failed(end, link);
    else choice.startOver();
    const step = nextStep(end, this.#isNewest(link));
    if (step.kind === "close" || step.kind === "renew") return step;
    if (step.kind === "retry") choice.clearRefusals();
    else if (choice.refuse(link.transport)) return step;
    const retryAfterMs = step.kind === "retry" ? step.retryAfterMs : undefined;
    // Another transport may be tried at once. The same transport, or a server that can't be reached, has to wait.
    if (general !== null || waits || retryAfterMs !== undefined) this.#retry.failed(retryAfterMs);
    return AGAIN;
  }

  /**
   * Returns the cause of a link's end if it concerns every transport: the session is gone, or the server drains, is at a
   * limit or can't be reached. Returns null if the transport itself may be at fault.
   */
  async #generalEnd(end: LinkEnd, link: ActiveLink): Promise<LinkEnd | null> {
    if (end.kind === "bye") return end;
    if (end.kind === "refused") {
      const { code, retry, cause } = end.error;
      if (isSessionGone(end.error)) return end;
      if (!retry) return null;
      if (code !== "internal" && !(cause instanceof LinkError)) return end;
    }
    const { api, choice } = this.#parts;
    // A link that was live gets a second chance first. Without alternatives there is nothing to find out.
    if (this.#session === null || link.liveAt !== null || choice.candidates().length < 2) return null;
    try {
      await api.current(this.#session.token, CLIENT_TIMINGS.proofMs);
      return null;
    } catch (error) {
      const found = endOf(error);
      return found.kind === "refused" && !found.error.retry && !isSessionGone(found.error) ? null : found;
    }
  }

  /** Shows why nothing is live. */
  #showTrouble(end: LinkEnd): void {
    const { base, platform, signal, status } = this.#parts;
    const trouble = troubleOf(end, this.#retry.online);
    if (trouble === null) return;
    // Keep a diagnosis of the last attempt until this one is diagnosed: it most likely still holds.
    if (trouble.kind !== "unreachable" || status.trouble?.kind !== "origin_refused") status.troubled(trouble);
    if (trouble.kind !== "unreachable") return;
    const noted = status.trouble;
    void originTrouble(base, platform, signal).then((found) => {
      if (status.trouble === noted) status.troubled(found ?? trouble, true);
    });
  }

  /** Switches to a transport by name, or to `auto`. See ChatClient. */
  async switchTo(name: string): Promise<void> {
    const { choice } = this.#parts;
    const target = choice.find(name);
    if (target === undefined && name !== AUTO) {
      const known = choice.known.map((one) => one.name).join(", ");
      throw new RangeError(`There is no transport "${name}" here. Use one of: ${known}.`);
    }
    this.#cancelRequestedSwitch("another one came first");
    // Stopped first: otherwise the prober would take its cancelled move for a failed one and start another.
    this.#prober.stop();
    this.#cancelMove();
    const { current } = this;
    if (current === null) return this.#requestSwitch(name);
    try {
      if (target === undefined || target === current.transport) choice.prefer(name);
      else await this.#move(target, false);
    } finally {
      this.#prober.restart(name === AUTO ? 0 : undefined);
    }
  }

  setVisible(visible: boolean): void {
    this.#parts.choice.setVisible(visible);
    if (visible) this.#retry.retryNow();
    this.#reconsider(visible);
  }

  setOnline(online: boolean): void {
    this.#retry.setOnline(online);
    if (online) this.#reconsider(true);
  }

  /** Ends the live link because the server has refused something else in a way that concerns it. */
  fail(error: ProtocolError): void {
    this.current?.finish({ kind: "refused", error });
  }

  /** Ends everything that the client's signal does not end. */
  close(): void {
    this.#prober.stop();
    this.#cancelMove();
    this.#enter({ kind: "ended" });
    this.#cancelRequestedSwitch("the client was closed");
  }

  /** Moves to another transport. Rejects, with nothing changed, if that fails or another move replaces this one. */
  async #move(transport: ClientTransport, quiet: boolean): Promise<void> {
    this.#cancelMove();
    const from = this.#state;
    if (from.kind !== "live") throw new LinkError("Nothing is live.");
    const settled = Promise.withResolvers<void>();
    const next = this.#startLink(transport, quiet ? CLIENT_TIMINGS.proofMs : CLIENT_TIMINGS.soloProofMs);
    this.#enter({ ...from, kind: "switching", next, quiet, settled: settled.promise });
    try {
      const outcome = await next.outcome;
      const isWanted = this.#switching?.next === next;
      if (isWanted && outcome.kind === "proven" && !next.over) return this.#commit(next, outcome.replayed, quiet);
      next.stop();
      if (isWanted) this.#cancelMove();
      throw errorOf(outcome.kind === "proven" ? await next.ended : outcome);
    } finally {
      settled.resolve();
    }
  }

  /** Replaces the live link by the one that was tried beside it. */
  #commit(next: ActiveLink, replayed: number, quiet: boolean): void {
    const { choice } = this.#parts;
    const old = this.#switching;
    if (old === null) return;
    // First of all: otherwise the transport that was asked for would be remembered as one that `auto` found to work.
    if (!quiet) choice.prefer(next.transport.name);
    const from = old.link.transport.name;
    // A new link of the same transport was only a check.
    const isCheck = from === next.transport.name && !old.link.over;
    this.#goLive(next, isCheck ? old.since : { kind: "switched", from, replayed });
    old.link.stop();
  }

  /** Abandons the move in progress, if there is one. The live link stays. */
  #cancelMove(): void {
    const state = this.#switching;
    if (state === null) return;
    const { link, since, passedOver } = state;
    if (!link.over) this.#enter({ kind: "live", link, since, passedOver });
    state.next.stop();
  }

  /**
   * Moves quietly to the transport that suits a hidden or visible page. With `check`, opens a new link even of the same
   * transport: after a sleep or a change of networks this replaces a dead link within one round trip, or shows within
   * `proofMs` that the server does not answer.
   */
  #reconsider(check: boolean): void {
    const { choice } = this.#parts;
    const { current } = this;
    const move = this.#switching;
    if (current === null || move?.quiet === false) return;
    const isFree = choice.preference === AUTO;
    const suited = isFree ? choice.substituteWhenHidden(current.transport) : choice.candidates()[0];
    const wanted = suited ?? current.transport;
    if (wanted !== current.transport || check) {
      if (move?.next.transport !== wanted) this.#moveQuietly(wanted, current);
      return;
    }
    // Without a free choice, the move in progress is one that an earlier change of visibility started.
    if (!isFree) this.#cancelMove();
  }

  /** Moves without showing it. If that fails the live link stays, unless the server does not answer on it either. */
  #moveQuietly(transport: ClientTransport, current: ActiveLink): void {
    const { platform, signal } = this.#parts;
    this.#prober.stop();
    const startedAt = platform.clock.monotonicNow();
    this.#move(transport, true).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#prober.restart();
      const end = endOf(error);
      const isSilent = error instanceof LinkError && (error.kind === "unreachable" || error.kind === "timed_out");
      const isGone = end.kind === "refused" && isSessionGone(end.error);
      if (isGone || (isSilent && current.lastEventAt <= startedAt)) current.finish(end);
    });
  }

  #requestSwitch(name: string): Promise<void> {
    const { choice } = this.#parts;
    choice.prefer(name);
    choice.startOver();
    const requested = Promise.withResolvers<void>();
    this.#requestedSwitch = requested;
    const attempt = this.#state.kind === "opening" ? this.#state.link : null;
    if (attempt !== null && !choice.candidates().includes(attempt.transport)) attempt.stop();
    this.#retry.retryNow();
    return requested.promise;
  }

  #cancelRequestedSwitch(reason: string): void {
    this.#requestedSwitch?.reject(new LinkError(`The switch was cancelled: ${reason}.`));
    this.#requestedSwitch = null;
  }

  /** Changes the state and shows it. Nothing else assigns `#state`, and nothing follows `ended`. */
  #enter(next: State): void {
    if (this.#state.kind === "ended") return;
    this.#state = next;
    const { status, choice } = this.#parts;
    const upcoming = choice.next()?.transport.name ?? choice.preference;
    const { failures } = this.#retry;
    switch (next.kind) {
      case "idle":
      case "ended":
        break;
      case "opening":
        status.waiting(next.link?.transport.name ?? upcoming, 0, failures);
        break;
      case "waiting":
        status.waiting(upcoming, next.inMs, failures);
        break;
      case "live":
      case "switching": {
        const { name } = next.link.transport;
        const target = next.kind === "switching" && !next.quiet ? next.next.transport.name : null;
        if (next.link.over) status.waiting(target ?? name, 0, failures);
        else status.live(name, next.since, next.passedOver, target);
      }
    }
  }

  get #switching(): Switching | null {
    return this.#state.kind === "switching" ? this.#state : null;
  }

  /** The link of the present state, also if it has just ended. */
  get #lastLive(): ActiveLink | null {
    return this.#state.kind === "live" || this.#state.kind === "switching" ? this.#state.link : null;
  }

  #isReplaced(link: ActiveLink): boolean {
    return this.#lastLive !== null && this.#lastLive !== link;
  }

  #isNewest(link: ActiveLink): boolean {
    return link.number === this.#newest;
  }
}

function nothingInCommon(preference: string): ProtocolError {
  const wanted = preference === AUTO ? "any transport this client knows" : `"${preference}"`;
  return new ProtocolError("not_found", { message: `The server does not offer ${wanted}. Ask for another transport.` });
}
