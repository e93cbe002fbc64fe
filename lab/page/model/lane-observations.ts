/** What one lane's client did and received: states, receipts, cuts and how it noticed them. */
import type { Fault } from "../../engine/proxy/contract.ts";
import type { ClientEntry, LaneEntry } from "../../engine/run.ts";
import {
  type FaultMark,
  forgetBefore,
  insert,
  type MessageRecord,
  type Receipt,
  type Received,
  type StateMark,
  type Trouble,
} from "./run-records.ts";

const NONE: Received = { at: Number.NEGATIVE_INFINITY, received: 0, duplicated: 0, reordered: 0, replayed: 0 };
const CUTS: readonly Fault[] = ["fin", "rst", "silence", "idle-cut"];
/** How far the page's clock and the proxies' may differ. */
const CLOCK_MS = 2;
/** How many of the latest states are searched for the reaction to a cut that is reported late. */
const RECENT_STATES = 64;

export class LaneObservations {
  readonly receipts: Receipt[] = [];
  readonly counts: Received[] = [NONE];
  readonly states: StateMark[] = [];
  readonly faults: FaultMark[] = [];
  readonly troubles: Trouble[] = [];
  readonly gaps: { readonly at: number; readonly missed: number | null }[] = [];
  /** When it was live for the first time. Messages sent before were not meant for it. */
  liveAt: number | null = null;
  #highestSeq = 0;
  /** Cuts that the client has not noticed yet, and those that it has not recovered from. */
  #unnoticed: Trouble[] = [];
  #unrecovered: Trouble[] = [];

  takeState({ at, state, detail = "" }: LaneEntry & Extract<ClientEntry, { readonly kind: "state" }>): void {
    this.states.push({ at, state, detail });
    switch (state) {
      case "live":
        this.liveAt ??= at;
        for (const trouble of this.#unrecovered) trouble.recoveredAt ??= at;
        this.#unrecovered = [];
        return;
      case "reconnecting":
      case "closed": {
        if (this.#unnoticed.length === 0) return;
        const later: Trouble[] = [];
        for (const trouble of this.#unnoticed) {
          if (trouble.at - CLOCK_MS > at) later.push(trouble);
          else {
            trouble.noticedAt = at;
            this.#unrecovered.push(trouble);
          }
        }
        this.#unnoticed = later;
        return;
      }
      case "connecting":
    }
  }

  takeFault(at: number, what: Fault): void {
    insert(this.faults, { at, what });
    if (!CUTS.includes(what)) return;
    const last = this.troubles.at(-1);
    // A cut of several connections counts once.
    if (last !== undefined && last.noticedAt === null && at - last.at < CLOCK_MS) return;
    // The page may have reported the reaction before the proxies reported the cut.
    const recent = this.states.slice(-RECENT_STATES);
    const noticed = recent.find((mark) => mark.at >= at - CLOCK_MS && mark.state !== "live");
    const recovered = noticed && recent.find((mark) => mark.at >= noticed.at && mark.state === "live");
    const trouble: Trouble = {
      at,
      what,
      noticedAt: noticed?.at ?? null,
      recoveredAt: recovered?.at ?? null,
    };
    insert(this.troubles, trouble);
    if (noticed === undefined) this.#unnoticed.push(trouble);
    else if (recovered === undefined) this.#unrecovered.push(trouble);
  }

  takeReceived(
    { at, message, seq, replayed }: LaneEntry & Extract<ClientEntry, { readonly kind: "received" }>,
    sent: MessageRecord | undefined,
    isDuplicate: boolean,
  ): Receipt {
    const latencyMs = sent === undefined ? null : at - sent.at;
    const receipt: Receipt = { at, message, seq, replayed, latencyMs, leftAt: null };
    const last = this.counts.at(-1) ?? NONE;
    const late = !isDuplicate && seq < this.#highestSeq;
    this.#highestSeq = Math.max(this.#highestSeq, seq);
    if (!isDuplicate) this.receipts.push(receipt);
    this.counts.push({
      at,
      received: last.received + (isDuplicate ? 0 : 1),
      duplicated: last.duplicated + (isDuplicate ? 1 : 0),
      reordered: last.reordered + (late ? 1 : 0),
      replayed: last.replayed + (replayed && !isDuplicate ? 1 : 0),
    });
    return receipt;
  }

  forget(before: number): void {
    const lists = [this.receipts, this.counts, this.states, this.faults, this.troubles, this.gaps];
    for (const list of lists) forgetBefore(list, before);
  }
}
