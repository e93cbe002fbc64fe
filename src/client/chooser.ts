import type { ClientTransport } from "../transports/contract.ts";
import type { ChoiceStore } from "./types.ts";

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
