import { ProtocolError } from "../protocol/errors.ts";
import type { SessionRequest } from "../protocol/http.ts";
import { type ClientTransport, LinkError, type Platform } from "../transports/contract.ts";
import type { ActiveLink } from "./active-link.ts";
import type { Inbox } from "./inbox.ts";
import { Links } from "./links.ts";
import type { Outbox } from "./outbox.ts";
import {
  CLIENT_TIMINGS,
  endOf,
  isSessionGone,
  judge,
  type LinkEnd,
  Pacer,
  refusedBecause,
  type Verdict,
} from "./retry.ts";
import type { SessionApi } from "./session.ts";
import { type OpenSession, openSession } from "./session.ts";
import type { Status } from "./state.ts";
import { originTrouble, troubleOf } from "./state.ts";
import { Switcher } from "./switcher.ts";
import { AUTO, type Chooser, Improver, Obstacles } from "./transport-choice.ts";
import type { ClosedBecause, LiveSince, Resumption } from "./types.ts";

/** What a connection works with. */
export interface ConnectionParts {
  readonly base: URL;
  readonly platform: Platform;
  readonly api: SessionApi;
  readonly chooser: Chooser;
  readonly outbox: Outbox;
  readonly status: Status;
  readonly signal: AbortSignal;
  readonly request: SessionRequest;
  readonly resume: Resumption | undefined;
  /** Makes what takes events in, once there is a place to begin at. */
  makeInbox(session: OpenSession): Inbox;
  /** A session is open: the first one, or another in its place. */
  sessionOpened(session: OpenSession): void;
}

/** Keeps one member connected: opens the session and a link, reads on by another link whenever one ends, and switches. */
export class Connection {
  readonly links: Links;
  readonly #parts: ConnectionParts;
  readonly #pacer: Pacer;
  readonly #switcher: Switcher;
  readonly #improver: Improver;
  /** The link being opened while there is no live one. */
  #attempt: ActiveLink | null = null;
  /** The transport that was live last. */
  #worked: ClientTransport | null = null;
  #failures = 0;
  /** Those refused for good since one was live or failed in another way. */
  readonly #refused = new Set<ClientTransport>();
  readonly #obstacles = new Obstacles();
  #renewed = false;
  /** A switch asked for while nothing was live. */
  #wish: PromiseWithResolvers<void> | null = null;

  constructor(parts: ConnectionParts) {
    const { platform, signal, status, chooser } = parts;
    this.#parts = parts;
    this.links = new Links(parts, parts.resume?.reader ?? 0);
    this.#pacer = new Pacer(platform, signal);
    this.#switcher = new Switcher({
      start: (transport, proofMs) => this.links.start(transport, proofMs),
      commit: (link, replayed, quiet) => this.#commit(link, replayed, quiet),
      retargeted: () => status.switching(this.#switcher.target),
    });
    this.#improver = new Improver({
      platform,
      better: () => {
        const { current } = this.links;
        return current === null || this.#switcher.settled !== null ? [] : chooser.better(current.transport);
      },
      move: (transport) => this.#switcher.move(transport, true),
    });
  }

  /** Runs until the client is to close, and says why. Rejects with ProtocolError when no session can be had. */
  async run(): Promise<ClosedBecause> {
    const { signal, resume } = this.#parts;
    await this.#open(resume);
    while (!signal.aborted) {
      const verdict = await this.#live();
      if (signal.aborted || verdict === null) continue;
      if (verdict.kind === "close") return verdict.because;
      if (verdict.kind === "refused") return refusedBecause(verdict.error);
      if (verdict.kind === "renew") await this.#renew();
    }
    return { kind: "closed" };
  }

  async switchTo(name: string): Promise<void> {
    const { chooser, status } = this.#parts;
    const target = chooser.find(name);
    if (target === undefined && name !== AUTO) {
      const known = chooser.known.map((one) => one.name).join(", ");
      throw new RangeError(`There is no transport "${name}" here. Use one of: ${known}.`);
    }
    this.#dropWish("another one came first");
    // Else it would take its cancelled move for a failed one, and the next it tries would cancel this one.
    this.#improver.stop();
    this.#switcher.cancel();
    status.switching(null);
    const { current } = this.links;
    if (current === null || current.over) return this.#wishFor(name);
    try {
      if (target === undefined || target === current.transport) chooser.prefer(name);
      else await this.#switcher.move(target, false);
    } finally {
      this.#improver.restart(name === AUTO ? 0 : undefined);
    }
  }

  setVisible(visible: boolean): void {
    this.#parts.chooser.setVisible(visible);
    if (visible) this.#pacer.hurry();
    this.#reconsider(visible);
  }

  setOnline(online: boolean): void {
    this.#pacer.setOnline(online);
    if (online) this.#reconsider(true);
  }

  /**
   * Moves quietly to the transport that fits a hidden or visible page. With `check` a link of the same transport is
   * opened if that is the one: after a sleep or a change of networks a dead link is then replaced within a round trip,
   * and where nothing answers, that is known after `proofMs`.
   */
  #reconsider(check: boolean): void {
    const { chooser } = this.#parts;
    const { current } = this.links;
    if (current === null || current.over || this.#switcher.target !== null) return;
    const fitting = chooser.preference === AUTO ? chooser.fitting(current.transport) : chooser.candidates()[0];
    const wanted = fitting ?? current.transport;
    if (wanted !== current.transport || check) {
      if (this.#switcher.trying !== wanted) this.#moveQuietly(wanted, current);
      return;
    }
    // Where the choice is not free, the move under way is one that an earlier change called for.
    if (chooser.preference !== AUTO) this.#switcher.cancel();
  }

  /** Moves without showing it. Where that fails the present link goes on, unless nothing answers on it either. */
  #moveQuietly(transport: ClientTransport, current: ActiveLink): void {
    const { platform, signal } = this.#parts;
    this.#improver.stop();
    const from = platform.now();
    this.#switcher.move(transport, true).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#improver.restart();
      const end = endOf(error);
      const silent = error instanceof LinkError && (error.kind === "unreachable" || error.kind === "timed_out");
      const gone = end.kind === "refused" && isSessionGone(end.error);
      if (gone || (silent && current.heardAt <= from)) current.finish(end);
    });
  }

  /** Ends the live link because the server has refused something else in a way that concerns it. */
  fail(error: ProtocolError): void {
    this.links.current?.finish({ kind: "refused", error });
  }

  /** Lets go of what the lifetime's end does not reach. */
  close(): void {
    this.#improver.stop();
    this.#switcher.cancel();
    this.#dropWish("the client was closed");
  }

  #wishFor(name: string): Promise<void> {
    const { chooser } = this.#parts;
    chooser.prefer(name);
    this.#failures = 0;
    const wish = Promise.withResolvers<void>();
    this.#wish = wish;
    const attempt = this.#attempt;
    if (attempt !== null && !chooser.candidates().includes(attempt.transport)) attempt.stop();
    this.#pacer.hurry();
    return wish.promise;
  }

  #dropWish(reason: string): void {
    this.#wish?.reject(new LinkError(`The switch was given up: ${reason}.`));
    this.#wish = null;
  }

  /** Opens one link and reads it to its end. Null: begin again. */
  async #live(): Promise<Verdict | null> {
    const { chooser, signal } = this.#parts;
    const pick = chooser.pick(this.#failures, this.#worked);
    if (pick === null) return { kind: "refused", error: this.#nothingInCommon() };
    const announce = this.#announcer(() => pick.transport.name);
    await this.#pacer.ready(announce);
    // The wait may have changed what is wanted.
    if (signal.aborted || chooser.pick(this.#failures, this.#worked)?.transport !== pick.transport) return null;
    announce(0);
    const attempt = this.links.start(pick.transport, pick.alone ? CLIENT_TIMINGS.soloProofMs : CLIENT_TIMINGS.proofMs);
    this.#attempt = attempt;
    const outcome = await attempt.outcome;
    this.#attempt = null;
    if (signal.aborted) return null;
    if (outcome.kind !== "proven") return this.#afterEnd(outcome, attempt, pick.last);
    this.#goLive(attempt, this.#sinceOpened(attempt, outcome.replayed));
    const { end, link } = await this.#untilLost();
    return this.#afterEnd(end, link, true);
  }

  async #afterEnd(ended: LinkEnd, link: ActiveLink, lastInRow: boolean): Promise<Verdict | null> {
    const { platform, chooser, signal } = this.#parts;
    if (ended.kind === "stopped") return null;
    const lasted = link.liveAt !== null && platform.now() - link.liveAt >= CLIENT_TIMINGS.steadyMs;
    if (link.liveAt !== null) this.#pacer.succeeded(lasted);
    if (lasted) this.#renewed = false;
    const general = await this.#generalEnd(ended, link);
    if (signal.aborted) return null;
    const end = general ?? ended;
    this.#note(end);
    // What the server or the network did is held against no transport, and neither is a cut that it explains.
    if (general !== null) this.#failures = 0;
    else this.#failures = this.#obstacles.weigh(end, link) ? 0 : this.#failures + 1;
    const verdict = judge(end, this.links.isNewest(link));
    if (verdict.kind === "close" || verdict.kind === "renew") return verdict;
    if (verdict.kind === "refused") {
      this.#refused.add(link.transport);
      if (chooser.candidates().every((transport) => this.#refused.has(transport))) return verdict;
    } else this.#refused.clear();
    const retryAfterMs = verdict.kind === "retry" ? verdict.retryAfterMs : undefined;
    // The next in the row may be tried at once; the same one, or a server that has no part in it, may not.
    if (general === null && !lastInRow && retryAfterMs === undefined) return null;
    const next = (): string => chooser.pick(this.#failures, this.#worked)?.transport.name ?? link.transport.name;
    await this.#pacer.pause(retryAfterMs, this.#announcer(next));
    return null;
  }

  /**
   * How the session or the server stands, where that and not the transport is why the link ended: the session is gone,
   * the server drains, is at a limit, or can't be reached at all. Null where the transport itself may be at fault.
   */
  async #generalEnd(end: LinkEnd, link: ActiveLink): Promise<LinkEnd | null> {
    if (end.kind === "bye") return end;
    if (end.kind === "refused") {
      const { code, retry, cause } = end.error;
      if (isSessionGone(end.error)) return end;
      if (!retry) return null;
      if (code !== "internal" && !(cause instanceof LinkError)) return end;
    }
    const { api, chooser } = this.#parts;
    const { session } = this.links;
    // One that was live and then cut gets a second chance first, and without a choice there is nothing to blame.
    if (session === null || link.liveAt !== null || chooser.candidates().length < 2) return null;
    try {
      await api.current(session.token, CLIENT_TIMINGS.proofMs);
      return null;
    } catch (error) {
      const found = endOf(error);
      return found.kind === "refused" && !found.error.retry && !isSessionGone(found.error) ? null : found;
    }
  }

  /** Shows why nothing is live. */
  #note(end: LinkEnd): void {
    const { base, platform, signal, status } = this.#parts;
    const trouble = troubleOf(end, this.#pacer.online);
    if (trouble === null) return;
    // What was found out about the last attempt most likely holds for this one, and is not taken back meanwhile.
    if (trouble.kind !== "unreachable" || status.trouble?.kind !== "origin_refused") status.troubled(trouble);
    if (trouble.kind !== "unreachable") return;
    const noted = status.trouble;
    void originTrouble(base, platform, signal).then((found) => {
      if (status.trouble === noted) status.troubled(found ?? trouble, true);
    });
  }

  /** Resolves when no link is live any more, however often it was switched meanwhile. */
  async #untilLost(): Promise<{ end: LinkEnd; link: ActiveLink }> {
    for (;;) {
      const link = this.links.current;
      if (link === null) throw new TypeError("Nothing is live.");
      const end = await link.ended;
      if (this.links.current !== link) continue;
      this.#parts.outbox.use(null);
      this.#improver.stop();
      const { settled, target } = this.#switcher;
      if (settled !== null && judge(end, this.links.isNewest(link)).kind === "retry") {
        // The link that was to replace it may be about to.
        this.#note(end);
        this.#announcer(() => target ?? link.transport.name)(0);
        await settled;
        if (this.links.current !== link) continue;
      }
      this.#switcher.cancel();
      this.links.current = null;
      return { end, link };
    }
  }

  #goLive(link: ActiveLink, since: LiveSince): void {
    const { chooser, outbox, status } = this.#parts;
    this.links.current = link;
    this.#worked = link.transport;
    this.#refused.clear();
    this.#obstacles.forget(link.transport);
    chooser.remember(link.transport);
    const { passedOver, againMs } = this.#obstacles.among(chooser.better(link.transport));
    status.live(link.transport.name, since, passedOver);
    outbox.use(link);
    this.#improver.restart(againMs);
    if (chooser.preference !== AUTO && chooser.candidates()[0] !== link.transport) return;
    this.#wish?.resolve();
    this.#wish = null;
  }

  #commit(link: ActiveLink, replayed: number, quiet: boolean): void {
    // First of all, or what was asked for would be remembered as the free choice that worked.
    if (!quiet) this.#parts.chooser.prefer(link.transport.name);
    const old = this.links.current;
    const from = old?.transport.name ?? link.transport.name;
    const state = this.#parts.status.current;
    if (link.gap !== null) this.#goLive(link, { kind: "gap", ...link.gap });
    // A link that was only checked is none that was switched.
    else if (from === link.transport.name && state.kind === "live") this.#goLive(link, state.since);
    else this.#goLive(link, { kind: "switched", from, replayed });
    old?.stop();
  }

  #sinceOpened(link: ActiveLink, replayed: number): LiveSince {
    if (link.gap !== null) return { kind: "gap", ...link.gap };
    const fresh = this.#worked === null && this.links.session?.resumed === false;
    return fresh ? { kind: "fresh" } : { kind: "resumed", replayed };
  }

  async #open(resume: Resumption | undefined): Promise<void> {
    const { api, request, signal, chooser, makeInbox, sessionOpened } = this.#parts;
    const announce = this.#announcer(() => chooser.candidates()[0]?.name ?? chooser.preference);
    const note = (end: LinkEnd): void => this.#note(end);
    const session = await openSession(api, request, resume, this.#pacer, signal, announce, note);
    if (signal.aborted) return;
    this.links.belongTo(session, makeInbox);
    chooser.limitTo(new Set(session.info.transports.map((transport) => transport.name)));
    sessionOpened(session);
  }

  /** The server knows the session no more: goes on as a new member of the same name, from the same place. */
  async #renew(): Promise<void> {
    const { outbox, chooser } = this.#parts;
    outbox.failAll("The session has ended, and the message can't go out under another member. Send it again.");
    if (this.#renewed)
      await this.#pacer.pause(
        undefined,
        this.#announcer(() => this.#worked?.name ?? chooser.preference),
      );
    this.#renewed = true;
    await this.#open(undefined);
  }

  #announcer(transport: () => string): (inMs: number) => void {
    return (inMs) => this.#parts.status.waiting(transport(), inMs, this.#pacer.failures);
  }

  #nothingInCommon(): ProtocolError {
    const { preference } = this.#parts.chooser;
    const wanted = preference === AUTO ? "any transport this client knows" : `"${preference}"`;
    return new ProtocolError("not_found", {
      message: `The server does not offer ${wanted}. Ask for another transport.`,
    });
  }
}
