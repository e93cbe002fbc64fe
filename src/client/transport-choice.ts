import type { ClientTransport, Platform } from "../transports/contract.ts";
import type { ActiveLink } from "./active-link.ts";
import type { LinkEnd } from "./retry.ts";
import { CLIENT_TIMINGS } from "./retry.ts";
import type { ChoiceStore, PassedOver } from "./types.ts";

export const AUTO = "auto";

/** A choice remembered as long as the client lives. */
export function memoryChoice(): ChoiceStore {
  let name: string | null = null;
  return {
    load: () => name,
    save(next) {
      name = next;
    },
  };
}

/** Decides which transport is next: the one asked for, or the best that works. */
export class Chooser {
  readonly #all: readonly ClientTransport[];
  #known: readonly ClientTransport[];
  readonly #store: ChoiceStore;
  #preference: string;
  #visible = true;

  /** `known`: best first, only those this platform supports. */
  constructor(known: readonly ClientTransport[], preference: string, store: ChoiceStore) {
    this.#all = known;
    this.#known = known;
    this.#preference = preference;
    this.#store = store;
  }

  /** Transports both ends know, best first; this client's alone until `limitTo`. */
  get known(): readonly ClientTransport[] {
    return this.#known;
  }

  get preference(): string {
    return this.#preference;
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

  /** The one to use in place of this one as long as the page is hidden; else itself. */
  fitting(transport: ClientTransport): ClientTransport {
    if (this.#visible || transport.whenHidden === undefined) return transport;
    return this.find(transport.whenHidden) ?? transport;
  }

  /** The transports that may be tried, in the order of trying; empty when there is none. */
  candidates(): readonly ClientTransport[] {
    if (this.#preference !== AUTO) {
      const named = this.find(this.#preference);
      return named === undefined ? [] : [this.fitting(named)];
    }
    const remembered = this.find(this.#store.load() ?? "");
    const order = remembered === undefined ? this.#known : [remembered, ...this.#known];
    return [...new Set(order.map((transport) => this.fitting(transport)))];
  }

  /**
   * The transport of the attempt after `failures` failed ones, and whether all have had their turn with it.
   * One that has worked gets a second chance before others do.
   */
  pick(
    failures: number,
    worked: ClientTransport | null,
  ): { transport: ClientTransport; last: boolean; alone: boolean } | null {
    const candidates = this.candidates();
    const [first] = candidates;
    if (first === undefined) return null;
    const proven = worked !== null && candidates.includes(worked);
    const round = proven ? [worked, worked, ...candidates.filter((other) => other !== worked)] : candidates;
    const turn = failures % round.length;
    return {
      transport: round[turn] ?? first,
      last: proven || turn === round.length - 1,
      alone: candidates.length === 1,
    };
  }

  /** While the choice is free: those that would be better than this one, best first. */
  better(than: ClientTransport): readonly ClientTransport[] {
    if (this.#preference !== AUTO) return [];
    const rank = this.#known.indexOf(than);
    return this.#known.slice(0, Math.max(0, rank)).filter((transport) => this.fitting(transport) === transport);
  }

  /** Notes which transport works, if the choice was free. */
  remember({ name }: ClientTransport): void {
    if (this.#preference === AUTO && this.#store.load() !== name) this.#store.save(name);
  }
}

interface Obstacle {
  readonly why: string;
  /** It was live, and then cut. */
  readonly cut: boolean;
}

/** Which transports did not get through when they were last tried, and why. */
export class Obstacles {
  readonly #known = new Map<ClientTransport, Obstacle>();

  /** Takes note of a link's end that the server has no part in; the answer is whether it has shown that the way is open. */
  weigh(end: LinkEnd, link: ActiveLink): boolean {
    if (link.gotThrough || !("error" in end)) return true;
    this.#known.set(link.transport, { why: end.error.message, cut: link.liveAt !== null });
    return false;
  }

  /** It is live: whatever was, it gets through now. */
  forget(transport: ClientTransport): void {
    this.#known.delete(transport);
  }

  /** Those of `better` that did not get through, and after how many ms the first is to be tried again; undefined: as usual. */
  among(better: readonly ClientTransport[]): {
    readonly passedOver: readonly PassedOver[];
    readonly againMs: number | undefined;
  } {
    const passed = better.flatMap((transport) => {
      const obstacle = this.#known.get(transport);
      return obstacle === undefined ? [] : [{ transport: transport.name, ...obstacle }];
    });
    return {
      passedOver: passed.map(({ transport, why }) => ({ transport, why })),
      againMs: passed.some(({ cut }) => cut) ? CLIENT_TIMINGS.improveCutMs : undefined,
    };
  }
}

interface Improvable {
  readonly platform: Platform;
  /** Those that would be better than the present one, best first; empty when there is no reason to try. */
  better(): readonly ClientTransport[];
  /** Rejects when it can't be had. */
  move(transport: ClientTransport): Promise<void>;
}

/** While the choice is free and the present transport is not the best, tries a better one now and then, quietly. */
export class Improver {
  readonly #on: Improvable;
  #cancel: (() => void) | null = null;
  #round = 0;

  constructor(on: Improvable) {
    this.#on = on;
  }

  /** Begins to wait anew; call it when a link has become live. */
  restart(ms: number = CLIENT_TIMINGS.improveEveryMs): void {
    this.stop();
    if (this.#on.better().length === 0) return;
    const round = this.#round;
    this.#cancel = this.#on.platform.schedule(() => void this.#improve(round), ms);
  }

  stop(): void {
    this.#round += 1;
    this.#cancel?.();
    this.#cancel = null;
  }

  async #improve(round: number): Promise<void> {
    this.#cancel = null;
    for (const transport of this.#on.better()) {
      try {
        // Success makes a link live, and with it this timer starts anew.
        await this.#on.move(transport);
        return;
      } catch {
        if (round !== this.#round) return;
      }
    }
    this.restart();
  }
}
