import type { ClientTransport, Platform } from "../transports/contract.ts";
import type { ActiveLink, LinkEnd } from "./active-link.ts";
import { CLIENT_TIMINGS } from "./retry.ts";
import type { ChoiceStore, PassedOver } from "./types.ts";

export const AUTO = "auto";

/** Returns a store that remembers a choice while the client lives. */
export function memoryChoice(): ChoiceStore {
  let name: string | null = null;
  return {
    load: () => name,
    save(next) {
      name = next;
    },
  };
}

/** The transport to try next. */
export interface Attempt {
  readonly transport: ClientTransport;
  /** True if the client waits after it fails: all candidates have had their turn, or one of them has worked before. */
  readonly waitsAfter: boolean;
  /** True if there is no alternative. */
  readonly alone: boolean;
}

interface Failure {
  readonly why: string;
  /** True if it was live before it was cut. */
  readonly wasLive: boolean;
}

/** Decides which transport is tried next: the one that was asked for, or the best that works. Remembers which ones failed. */
export class TransportChoice {
  readonly #all: readonly ClientTransport[];
  #known: readonly ClientTransport[];
  readonly #store: ChoiceStore;
  #preference: string;
  #visible = true;
  /** The transport that was live last. */
  #worked: ClientTransport | null = null;
  /** Attempts that failed since a link got through (`ActiveLink.gotThrough`) or ended without an error. */
  #failures = 0;
  /** Transports that did not get through when they were last tried. */
  readonly #failed = new Map<ClientTransport, Failure>();
  /** Transports that were refused for good. Cleared when a transport goes live or fails for a reason that a retry may cure. */
  readonly #refused = new Set<ClientTransport>();

  /** `known`: best first, only those this platform supports. */
  constructor(known: readonly ClientTransport[], preference: string, store: ChoiceStore) {
    this.#all = known;
    this.#known = known;
    this.#preference = preference;
    this.#store = store;
  }

  /** Transports that both ends know, best first; before `limitTo`, all that this client knows. */
  get known(): readonly ClientTransport[] {
    return this.#known;
  }

  get preference(): string {
    return this.#preference;
  }

  get hasWorked(): boolean {
    return this.#worked !== null;
  }

  limitTo(offered: ReadonlySet<string>): void {
    this.#known = this.#all.filter(({ name }) => offered.has(name));
  }

  prefer(name: string): void {
    this.#preference = name;
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
  }

  find(name: string): ClientTransport | undefined {
    return this.#known.find((transport) => transport.name === name);
  }

  /** Returns the transport to use instead of this one while the page is hidden; otherwise the transport itself. */
  substituteWhenHidden(transport: ClientTransport): ClientTransport {
    if (this.#visible || transport.whenHidden === undefined) return transport;
    return this.find(transport.whenHidden) ?? transport;
  }

  /** Returns the transports that may be tried, in the order of trying; empty if there is none. */
  candidates(): readonly ClientTransport[] {
    if (this.#preference !== AUTO) {
      const named = this.find(this.#preference);
      return named === undefined ? [] : [this.substituteWhenHidden(named)];
    }
    const remembered = this.find(this.#store.load() ?? "");
    const order = remembered === undefined ? this.#known : [remembered, ...this.#known];
    return [...new Set(order.map((transport) => this.substituteWhenHidden(transport)))];
  }

  /** Returns the transport to try now; null if the two ends have none in common. */
  next(): Attempt | null {
    return this.pick(this.#failures, this.#worked);
  }

  /**
   * Returns the attempt that follows `failures` failed ones. A transport that has worked gets a second chance before the
   * others get their turn.
   */
  pick(failures: number, worked: ClientTransport | null): Attempt | null {
    const candidates = this.candidates();
    const [first] = candidates;
    if (first === undefined) return null;
    const hasWorked = worked !== null && candidates.includes(worked);
    const round = hasWorked ? [worked, worked, ...candidates.filter((other) => other !== worked)] : candidates;
    const turn = failures % round.length;
    return {
      transport: round[turn] ?? first,
      waitsAfter: hasWorked || turn === round.length - 1,
      alone: candidates.length === 1,
    };
  }

  /** With a free choice: returns the transports that would be better than this one, best first. */
  better(than: ClientTransport): readonly ClientTransport[] {
    if (this.#preference !== AUTO) return [];
    const rank = this.#known.indexOf(than);
    return this.#known
      .slice(0, Math.max(0, rank))
      .filter((transport) => this.substituteWhenHidden(transport) === transport);
  }

  /** Returns the better transports that did not get through, and the ms until the next probe; undefined: as usual. */
  betterThatFailed(than: ClientTransport): {
    readonly passedOver: readonly PassedOver[];
    readonly probeMs: number | undefined;
  } {
    const failed = this.better(than).flatMap((transport) => {
      const failure = this.#failed.get(transport);
      return failure === undefined ? [] : [{ transport: transport.name, ...failure }];
    });
    return {
      passedOver: failed.map(({ transport, why }) => ({ transport, why })),
      probeMs: failed.some(({ wasLive }) => wasLive) ? CLIENT_TIMINGS.probeCutMs : undefined,
    };
  }

  /** Records that a link of this transport is live. */
  succeeded(transport: ClientTransport): void {
    this.#worked = transport;
    this.#refused.clear();
    this.#failed.delete(transport);
    this.remember(transport);
  }

  /** Records a link's end. It may be the transport's fault, unless the link got through or ended without an error. */
  failed(end: LinkEnd, link: ActiveLink): void {
    if (link.gotThrough || !("error" in end)) {
      this.startOver();
    } else {
      this.#failed.set(link.transport, { why: end.error.message, wasLive: link.liveAt !== null });
      this.#failures += 1;
    }
  }

  /** Starts again with the first candidate. */
  startOver(): void {
    this.#failures = 0;
  }

  /** Records that a transport was refused for good. Returns whether all candidates were. */
  refuse(transport: ClientTransport): boolean {
    this.#refused.add(transport);
    return this.candidates().every((candidate) => this.#refused.has(candidate));
  }

  clearRefusals(): void {
    this.#refused.clear();
  }

  /** Stores which transport works, if the choice was free. */
  remember({ name }: ClientTransport): void {
    if (this.#preference === AUTO && this.#store.load() !== name) this.#store.save(name);
  }
}

interface ProberOptions {
  readonly platform: Platform;
  /** Returns the transports that would be better than the present one, best first; empty if there is no reason to try. */
  better(): readonly ClientTransport[];
  /** Moves to this transport. Rejects if that fails. */
  tryTransport(transport: ClientTransport): Promise<void>;
}

/** Tries a better transport from time to time, while the choice is free and the present one is not the best. */
export class UpgradeProber {
  readonly #options: ProberOptions;
  #cancel: (() => void) | null = null;
  #round = 0;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Starts the timer of the next probe. Call it when a link has become live. */
  restart(ms: number = CLIENT_TIMINGS.probeEveryMs): void {
    this.stop();
    if (this.#options.better().length === 0) return;
    const round = this.#round;
    this.#cancel = this.#options.platform.clock.after(ms, () => void this.#probe(round));
  }

  stop(): void {
    this.#round += 1;
    this.#cancel?.();
    this.#cancel = null;
  }

  async #probe(round: number): Promise<void> {
    this.#cancel = null;
    for (const transport of this.#options.better()) {
      try {
        // Success makes a link live, which restarts the timer.
        await this.#options.tryTransport(transport);
        return;
      } catch {
        if (round !== this.#round) return;
      }
    }
    this.restart();
  }
}
