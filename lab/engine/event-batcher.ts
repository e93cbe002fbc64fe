import type { Clock } from "../../src/clock.ts";
import type { Telling } from "./control.ts";
import type { ConnectionNumber } from "./proxy/contract.ts";
import type { Entry, LaneNumber } from "./run.ts";
import type { Direction } from "./weather.ts";

/** About one frame of a page. */
const BATCH_MS = 16;
/** While the socket holds more than this of what was told, nothing is added to it. */
const BACKLOG_BYTES = 1_048_576;
/** Recorded bytes, as base64, that wait to be told; beyond it their number is told and not they. */
const WAITING_CHARACTERS = 1_048_576;
/** Entries that wait; who lets it come to more does not read at all. */
const WAITING_ENTRIES = 20_000;

/** Where tellings go: one visitor's socket. */
export interface Ear {
  send(telling: Telling): void;
  /** Bytes given to `send` that have not gone yet. */
  backlog(): number;
  /** More has happened than a page that reads could fail to take; called once. */
  overwhelmed(): void;
}

/** A connection's bytes as the proxy passed them on. */
export interface Passed {
  readonly at: number;
  readonly lane: LaneNumber;
  readonly connection: ConnectionNumber;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly heldMs: number;
}

/** Grows while it waits. */
type Unrecorded = Omit<Passed, "bytes" | "heldMs"> & { kind: "unrecorded"; byteLength: number };

/**
 * Tells a visitor what happened, in batches. What a page does not take in time is not kept for it: first the bytes are
 * left out and counted (`unrecorded`), then the visitor is given up.
 */
export class Teller {
  readonly #ear: Ear;
  readonly #clock: Clock;
  #waiting: Entry[] = [];
  #characters = 0;
  /** Flows some of whose bytes are left out of this batch: then all that follow are, or they would seem to join. */
  readonly #unrecorded = new Map<string, Unrecorded>();
  #cancel: (() => void) | null = null;
  #ended = false;

  constructor(ear: Ear, clock: Clock) {
    this.#ear = ear;
    this.#clock = clock;
  }

  tell(entry: Entry): void {
    if (this.#ended) return;
    if (this.#waiting.length >= WAITING_ENTRIES) {
      this.end();
      this.#ear.overwhelmed();
      return;
    }
    this.#waiting.push(entry);
    this.#cancel ??= this.#clock.after(BATCH_MS, () => this.#flush());
  }

  tellPassed({ bytes, heldMs, ...flow }: Passed): void {
    const key = `${flow.lane} ${flow.connection} ${flow.direction}`;
    const left = this.#unrecorded.get(key);
    if (left !== undefined) {
      left.byteLength += bytes.byteLength;
      return;
    }
    const characters = Math.ceil(bytes.byteLength / 3) * 4;
    if (this.#characters + characters > WAITING_CHARACTERS) {
      const unrecorded: Unrecorded = { ...flow, kind: "unrecorded", byteLength: bytes.byteLength };
      this.#unrecorded.set(key, unrecorded);
      this.tell(unrecorded);
      return;
    }
    this.#characters += characters;
    this.tell({ ...flow, kind: "bytes", base64: Buffer.from(bytes).toString("base64"), heldMs });
  }

  /** Nothing is told any more. */
  end(): void {
    this.#ended = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#clear();
  }

  #flush(): void {
    this.#cancel = null;
    if (this.#ear.backlog() > BACKLOG_BYTES) {
      this.#cancel = this.#clock.after(BATCH_MS, () => this.#flush());
      return;
    }
    const entries = this.#waiting;
    this.#clear();
    this.#ear.send({ type: "entries", entries });
  }

  #clear(): void {
    this.#waiting = [];
    this.#characters = 0;
    this.#unrecorded.clear();
  }
}
