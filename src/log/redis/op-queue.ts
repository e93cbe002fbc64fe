import type { Core } from "../../chat/core.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { RedisError } from "./connection.ts";
import type { Answer, Appended, Op } from "./scripts.ts";

/** The most operations in one call. A script blocks Redis while it runs. */
const MOST_OPS = 500;
/** After this long without a connection, operations are refused. The outcome of those that were sent is unknown. */
const GIVE_UP_MS = 8_000;

/** What the queue needs of its log. */
export interface OpTarget {
  /** False: an operation can't reach Redis now. */
  readonly connected: boolean;
  /** Executes a batch in one call. Rejects with RedisError. */
  append(ops: readonly Op[]): Promise<Appended>;
  /** Takes over what a batch has stored. Called before the batch's operations settle. */
  onAppended(appended: Appended & { readonly kind: "ok" }): void;
  /** Makes the room usable again after Redis lost it or has another history. Rejects with RedisError. */
  recover(): Promise<void>;
}

interface Pending {
  readonly op: Op;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ProtocolError) => void;
  /** Calls with it that Redis has not replied to, and may have executed. */
  unanswered: number;
}

const NOT_STORED = "Nothing was stored; send it again later.";
const UNKNOWN = "It is not known whether it was stored; send it again with the same id.";

/**
 * The operations of one room on their way to Redis: one call at a time, which takes along everything that has arrived
 * since the last. So the order of one sender holds even if a call must be repeated, and the cost of a call is shared.
 *
 * A call without a reply has an unknown outcome. It is repeated with the same command ids and members, which makes it
 * idempotent, until Redis replies or `GIVE_UP_MS` have passed.
 */
export class OpQueue {
  readonly #core: Core;
  readonly #target: OpTarget;
  /** In order. The first ones may be in a call; they stay until it is answered. */
  #pending: Pending[] = [];
  #scheduled = false;
  #running: Promise<void> | null = null;
  #giveUp: (() => void) | null = null;

  constructor(core: Core, target: OpTarget) {
    this.#core = core;
    this.#target = target;
  }

  /** Resolves to Redis' answer. Rejects with ProtocolError `overloaded`, whose message says if the outcome is unknown. */
  submit(op: Op): Promise<Answer> {
    if (!this.#target.connected) return Promise.reject(this.#unreachable(NOT_STORED));
    return new Promise((resolve, reject) => {
      this.#pending.push({ op, resolve, reject, unanswered: 0 });
      this.#schedule();
    });
  }

  /** Resolves when nothing is pending, or when Redis is out of reach. */
  async settled(): Promise<void> {
    await this.#run();
  }

  /** Repeats what was pending. */
  onUp(): void {
    this.#giveUp?.();
    this.#giveUp = null;
    this.#schedule();
  }

  onDown(): void {
    this.#giveUp ??= this.#core.clock.after(GIVE_UP_MS, () => {
      this.#giveUp = null;
      this.#rejectAll((each) => this.#refusalOf(each));
    });
  }

  close(): void {
    this.#giveUp?.();
    this.#giveUp = null;
    this.#rejectAll((each) => this.#refusalOf(each));
  }

  #schedule(): void {
    if (this.#scheduled || this.#pending.length === 0) return;
    this.#scheduled = true;
    // What else arrives in this turn goes along.
    this.#core.defer(() => {
      this.#scheduled = false;
      void this.#run();
    });
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 && this.#target.connected) {
      const batch = this.#pending.slice(0, MOST_OPS);
      try {
        const appended = await this.#send(batch);
        if (appended.kind === "ok") this.#settle(batch, appended);
        else await this.#target.recover();
      } catch (error) {
        if (!(error instanceof RedisError)) {
          this.#core.report(error);
          this.#rejectAll(() => new ProtocolError("internal", { cause: error }));
          return;
        }
        if (error.kind === "down") return;
        this.#refuse(batch, error);
      }
    }
  }

  async #send(batch: readonly Pending[]): Promise<Appended> {
    for (const each of batch) each.unanswered += 1;
    const onReply = (): void => {
      for (const each of batch) each.unanswered -= 1;
    };
    try {
      const appended = await this.#target.append(batch.map(({ op }) => op));
      onReply();
      return appended;
    } catch (error) {
      if (error instanceof RedisError && error.kind === "refused") onReply();
      throw error;
    }
  }

  #settle(batch: readonly Pending[], appended: Appended & { readonly kind: "ok" }): void {
    // If the reply came too late, this batch was rejected already, and others are pending.
    if (this.#pending[0] === batch[0]) this.#pending = this.#pending.slice(batch.length);
    try {
      this.#target.onAppended(appended);
    } catch (error) {
      // The operations are stored all the same: answer them.
      this.#core.report(error);
    }
    for (const [index, answer] of appended.answers.entries()) batch[index]?.resolve(answer);
  }

  /**
   * Redis refuses a batch as a whole, and stores nothing. If it has no memory, only the operations that need some are
   * refused; the others are sent again without them.
   */
  #refuse(batch: readonly Pending[], error: RedisError): void {
    if (this.#pending[0] !== batch[0]) return;
    const rest = this.#pending.slice(batch.length);
    const adding = batch.filter(({ op }) => op.op === "say" || op.op === "join");
    const refused = error.code === "OOM" && adding.length > 0 ? adding : batch;
    this.#pending = [...batch.filter((each) => !refused.includes(each)), ...rest];
    for (const each of refused) each.reject(this.#refusalOf(each, error));
  }

  #rejectAll(errorFor: (each: Pending) => ProtocolError): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const each of pending) each.reject(errorFor(each));
  }

  /** An earlier call may have been executed although its reply is missing. */
  #refusalOf({ unanswered }: Pending, cause?: unknown): ProtocolError {
    return this.#unreachable(unanswered > 0 ? UNKNOWN : NOT_STORED, cause);
  }

  #unreachable(outcome: string, cause?: unknown): ProtocolError {
    if (outcome === UNKNOWN) this.#core.meter.sharedStoreEvent("outcome_unknown");
    return new ProtocolError("overloaded", {
      message: `The store can't be used at the moment. ${outcome}`,
      // At random, so that all senders don't come back at once.
      retryAfterMs: 1_000 + Math.floor(this.#core.random() * 2_000),
      cause,
    });
  }
}
