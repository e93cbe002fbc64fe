import { ProtocolError } from "../protocol/errors.ts";
import type { SessionRequest } from "../protocol/http.ts";
import { type ClientTransport, LinkError, type Platform } from "../transports/contract.ts";
import type { ActiveLink } from "./activeLink.ts";
import { AUTO, type Chooser } from "./chooser.ts";
import { Improver } from "./improver.ts";
import type { Inbox } from "./inbox.ts";
import { judge, type LinkEnd, refusedBecause, type Verdict } from "./judge.ts";
import { Links } from "./links.ts";
import { Obstacles } from "./obstacles.ts";
import type { Outbox } from "./outbox.ts";
import { Pacer } from "./pacer.ts";
import { type OpenSession, openSession } from "./session.ts";
import type { SessionApi } from "./sessionApi.ts";
import type { Status } from "./status.ts";
import { Switcher } from "./switcher.ts";
import { CLIENT_TIMINGS } from "./timings.ts";
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
      const known = chooser.known.map((transport) => transport.name).join(", ");
      throw new RangeError(`There is no transport "${name}" between this client and this server. Known: ${known}.`);
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
    const { chooser } = this.#parts;
    chooser.setVisible(visible);
    if (visible) this.#pacer.hurry();
    const { current } = this.links;
    if (current === null || current.over || this.#switcher.target !== null) return;
    const wanted = chooser.preference === AUTO ? chooser.fitting(current.transport) : chooser.candidates()[0];
    if (wanted === undefined || wanted === current.transport) {
      // Where the choice is not free, the move under way is one that an earlier change called for.
      if (chooser.preference !== AUTO) this.#switcher.cancel();
      return;
    }
    this.#improver.stop();
    // Where that fails the present transport goes on: costlier, but connected.
    this.#switcher.move(wanted, true).catch(() => this.#improver.restart());
  }

  setOnline(online: boolean): void {
    this.#pacer.setOnline(online);
    if (online) return;
    this.#switcher.cancel();
    this.#attempt?.stop();
    this.links.current?.finish({ kind: "lost", error: new LinkError("The network is gone.") });
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

  async #afterEnd(end: LinkEnd, link: ActiveLink, lastInRow: boolean): Promise<Verdict | null> {
    const { platform, chooser } = this.#parts;
    if (end.kind === "stopped") return null;
    const lasted = link.liveAt !== null && platform.now() - link.liveAt >= CLIENT_TIMINGS.steadyMs;
    if (link.liveAt !== null) this.#pacer.succeeded(lasted);
    this.#failures = this.#obstacles.weigh(end, link, lasted) ? 0 : this.#failures + 1;
    const verdict = judge(end, this.links.isNewest(link));
    if (verdict.kind === "close" || verdict.kind === "renew") return verdict;
    if (verdict.kind === "refused") {
      this.#refused.add(link.transport);
      if (chooser.candidates().every((transport) => this.#refused.has(transport))) return verdict;
    } else this.#refused.clear();
    const retryAfterMs = verdict.kind === "retry" ? verdict.retryAfterMs : undefined;
    if (!lastInRow && retryAfterMs === undefined) return null;
    const next = (): string => chooser.pick(this.#failures, this.#worked)?.transport.name ?? link.transport.name;
    await this.#pacer.pause(retryAfterMs, this.#announcer(next));
    return null;
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
    this.#renewed = false;
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
    this.#goLive(link, link.gap === null ? { kind: "switched", from, replayed } : { kind: "gap", ...link.gap });
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
    const session = await openSession(api, request, resume, this.#pacer, signal, announce);
    if (signal.aborted) return;
    this.links.belongTo(session, makeInbox);
    chooser.limitTo(new Set(session.info.transports.map((transport) => transport.name)));
    sessionOpened(session);
  }

  /** The server knows the session no more: goes on as a new member of the same name, from the same place. */
  async #renew(): Promise<void> {
    const { outbox, chooser } = this.#parts;
    outbox.failAll("The session has ended, and the message can't go out under another member. Send it anew.");
    if (this.#renewed)
      await this.#pacer.pause(
        undefined,
        this.#announcer(() => this.#worked?.name ?? chooser.preference),
      );
    this.#renewed = true;
    await this.#open(undefined);
  }

  #announcer(transport: () => string): (inMs: number | null) => void {
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
