import type { Clock } from "../../src/clock.ts";
import type { LabMessage } from "./control.ts";
import type { ConnectionNumber } from "./proxy/contract.ts";
import type { Entry, LaneNumber } from "./run.ts";
import type { Direction } from "./weather.ts";

/** About one frame of a page. */
const BATCH_MS = 16;
/** While the socket has this much unsent, nothing is added to it. */
const MAX_UNSENT_BYTES = 1_048_576;
/** Recorded bytes that wait, in base64. Bytes beyond it are counted, not kept. */
const MAX_WAITING_CHARACTERS = 1_048_576;
/** Entries that wait. A page that lets more wait has stopped reading, and is disconnected. */
const MAX_WAITING_ENTRIES = 20_000;

/** Where messages to the page go: one visitor's socket. */
export interface LabOutlet {
  send(message: LabMessage): void;
  /** Returns the bytes given to `send` that are not sent yet. */
  unsentBytes(): number;
  /** Disconnects a page that does not read. Called at most once. */
  disconnect(): void;
}

/** Bytes of a connection, as the proxy passed them on. */
export interface PassedBytes {
  readonly at: number;
  readonly lane: LaneNumber;
  readonly connection: ConnectionNumber;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly heldMs: number;
}

/** An entry that counts bytes instead of keeping them. `byteLength` grows until the entry is sent. */
type Unrecorded = Omit<PassedBytes, "bytes" | "heldMs"> & { kind: "unrecorded"; byteLength: number };

/**
 * Sends a recording to its visitor in batches. A slow page never makes the server buffer without limit: first bytes are
 * counted instead of kept (`unrecorded`), then the page is disconnected.
 */
export class EventBatcher {
  readonly #outlet: LabOutlet;
  readonly #clock: Clock;
  #waiting: Entry[] = [];
  #characters = 0;
  /** Directions with bytes missing from this batch. Until it is sent, their later bytes are only counted, so that each gap is one entry. */
  readonly #unrecorded = new Map<string, Unrecorded>();
  #cancel: (() => void) | null = null;
  #ended = false;

  constructor(outlet: LabOutlet, clock: Clock) {
    this.#outlet = outlet;
    this.#clock = clock;
  }

  add(entry: Entry): void {
    if (this.#ended) return;
    if (this.#waiting.length >= MAX_WAITING_ENTRIES) {
      this.end();
      this.#outlet.disconnect();
      return;
    }
    this.#waiting.push(entry);
    this.#cancel ??= this.#clock.after(BATCH_MS, () => this.#flush());
  }

  addBytes({ bytes, heldMs, ...origin }: PassedBytes): void {
    const key = `${origin.lane} ${origin.connection} ${origin.direction}`;
    const unrecorded = this.#unrecorded.get(key);
    if (unrecorded !== undefined) {
      unrecorded.byteLength += bytes.byteLength;
      return;
    }
    const characters = Math.ceil(bytes.byteLength / 3) * 4;
    if (this.#characters + characters > MAX_WAITING_CHARACTERS) {
      const entry: Unrecorded = { ...origin, kind: "unrecorded", byteLength: bytes.byteLength };
      this.#unrecorded.set(key, entry);
      this.add(entry);
      return;
    }
    this.#characters += characters;
    this.add({ ...origin, kind: "bytes", base64: Buffer.from(bytes).toString("base64"), heldMs });
  }

  /** Drops what waits, and sends nothing more. */
  end(): void {
    this.#ended = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#clear();
  }

  #flush(): void {
    this.#cancel = null;
    if (this.#outlet.unsentBytes() > MAX_UNSENT_BYTES) {
      this.#cancel = this.#clock.after(BATCH_MS, () => this.#flush());
      return;
    }
    const entries = this.#waiting;
    this.#clear();
    this.#outlet.send({ type: "entries", entries });
  }

  #clear(): void {
    this.#waiting = [];
    this.#characters = 0;
    this.#unrecorded.clear();
  }
}
