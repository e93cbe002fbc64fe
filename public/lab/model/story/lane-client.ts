import type { Fault } from "../../../../src/lab/proxy/contract.ts";
import type { ClientEntry, LaneEntry } from "../../../../src/lab/run.ts";
import type { FaultMark, MessageStory, Receipt, Received, StateMark, Trouble } from "./parts.ts";
import { forgetBefore, insert } from "./search.ts";

const NONE: Received = { at: Number.NEGATIVE_INFINITY, received: 0, doubled: 0, reordered: 0, replayed: 0 };
const CUTS: readonly Fault[] = ["fin", "rst", "silence", "idle-cut"];
/** The page's clock and the proxies' agree to within this. */
const CLOCK_MS = 2;

/** What one lane's client saw. */
export class LaneClient {
  readonly receipts: Receipt[] = [];
  readonly counts: Received[] = [NONE];
  readonly states: StateMark[] = [];
  readonly faults: FaultMark[] = [];
  readonly troubles: Trouble[] = [];
  readonly gaps: { readonly at: number; readonly missed: number | null }[] = [];
  /** When it was live for the first time: what was sent before is none of its business. */
  liveAt: number | null = null;
  #highestSeq = 0;

  takeState({ at, state, detail = "" }: LaneEntry & Extract<ClientEntry, { readonly kind: "state" }>): void {
    this.states.push({ at, state, detail });
    switch (state) {
      case "live":
        this.liveAt ??= at;
        for (const trouble of this.troubles) {
          if (trouble.noticedAt !== null) trouble.recoveredAt ??= at;
        }
        return;
      case "reconnecting":
      case "closed":
        for (const trouble of this.troubles) {
          if (trouble.at - CLOCK_MS <= at) trouble.noticedAt ??= at;
        }
        return;
      case "connecting":
    }
  }

  takeFault(at: number, what: Fault): void {
    insert(this.faults, { at, what });
    if (!CUTS.includes(what)) return;
    const last = this.troubles.at(-1);
    // One cut of several connections is one trouble.
    if (last !== undefined && last.noticedAt === null && at - last.at < CLOCK_MS) return;
    // The page may have told of what followed before the proxies told of the cut.
    const noticed = this.states.find((mark) => mark.at >= at - CLOCK_MS && mark.state !== "live");
    const recovered = noticed && this.states.find((mark) => mark.at >= noticed.at && mark.state === "live");
    insert(this.troubles, { at, what, noticedAt: noticed?.at ?? null, recoveredAt: recovered?.at ?? null });
  }

  takeReceived(
    { at, message, seq, replayed }: LaneEntry & Extract<ClientEntry, { readonly kind: "received" }>,
    story: MessageStory | undefined,
    before: boolean,
  ): Receipt {
    const latencyMs = story === undefined ? null : at - story.at;
    const receipt: Receipt = { at, message, seq, replayed, latencyMs, leftAt: null };
    const last = this.counts.at(-1) ?? NONE;
    const late = !before && seq < this.#highestSeq;
    this.#highestSeq = Math.max(this.#highestSeq, seq);
    if (!before) this.receipts.push(receipt);
    this.counts.push({
      at,
      received: last.received + (before ? 0 : 1),
      doubled: last.doubled + (before ? 1 : 0),
      reordered: last.reordered + (late ? 1 : 0),
      replayed: last.replayed + (replayed && !before ? 1 : 0),
    });
    return receipt;
  }

  forget(before: number): void {
    for (const list of [this.receipts, this.counts, this.states, this.faults]) forgetBefore(list, before);
  }
}
