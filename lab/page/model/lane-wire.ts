import type { ConnectionNumber } from "../../engine/proxy/contract.ts";
import type { LaneEntry, WireEntry } from "../../engine/run.ts";
import type { Direction } from "../../engine/weather.ts";
import { forgetBefore, type Handshake, NOTHING, type OpenRequest, type Totals, type Transfer } from "./run-records.ts";
import { ConnectionReader } from "./wire/connection.ts";
import type { Note } from "./wire/note.ts";

interface Open {
  readonly reader: ConnectionReader;
  /** The request or stream under way. */
  hold: OpenRequest | null;
  asked: { readonly at: number; readonly bytes: number; readonly key: string | null } | null;
}

/** More than so many in one piece, as in the answer to a poll, are named by the first and the last. */
const MOST_WORDS = 5;
/** Characters of a method: a peer may send any. */
const WORD = 16;

type Bytes = Extract<LaneEntry, { readonly kind: "bytes" }>;

/** What went over one lane's connections. */
export class LaneWire {
  readonly transfers: Transfer[] = [];
  readonly openRequests: OpenRequest[] = [];
  readonly totals: Totals[] = [NOTHING];
  readonly handshakes: Handshake[] = [];
  /** The longest that bytes were held: how far before `at` a transfer may begin. */
  longestHeldMs = 0;
  readonly #open = new Map<ConnectionNumber, Open>();

  /** The transfer that the entry has become, if it was bytes. */
  take(entry: LaneEntry & WireEntry): Transfer | null {
    switch (entry.kind) {
      case "opened":
        this.#open.set(entry.connection, { reader: new ConnectionReader(), hold: null, asked: null });
        this.#count(entry.at, { open: this.#open.size });
        return null;
      case "bytes":
        return this.#takeBytes(entry);
      case "unrecorded":
        this.#open.get(entry.connection)?.reader.lose();
        this.#count(entry.at, {
          [entry.direction]: this.#last[entry.direction] + entry.byteLength,
          unrecorded: this.#last.unrecorded + entry.byteLength,
        });
        return null;
      case "swallowed":
        this.#open.get(entry.connection)?.reader.lose();
        this.#count(entry.at, { swallowed: this.#last.swallowed + entry.byteLength });
        return null;
      case "fault":
        return null;
      case "closed": {
        const open = this.#open.get(entry.connection);
        if (open?.hold != null) open.hold.until = entry.at;
        this.#open.delete(entry.connection);
        this.#count(entry.at, { open: this.#open.size });
        return null;
      }
    }
  }

  forget(before: number): void {
    for (const list of [this.transfers, this.totals, this.handshakes]) forgetBefore(list, before);
    // A stream that is open may be older than all the requests beside it.
    const kept = this.openRequests.filter(({ until }) => until === null || until >= before);
    this.openRequests.splice(0, this.openRequests.length);
    for (const hold of kept) this.openRequests.push(hold);
  }

  get #last(): Totals {
    return this.totals.at(-1) ?? NOTHING;
  }

  #count(at: number, change: Partial<Totals>): void {
    this.totals.push({ ...this.#last, ...change, at: Math.max(at, this.#last.at) });
  }

  #takeBytes({ at, connection, direction, base64, heldMs }: Bytes): Transfer {
    const text = atob(base64);
    const open = this.#open.get(connection);
    const notes = open?.reader.feed(direction, text) ?? [];
    const from = at - heldMs;
    this.longestHeldMs = Math.max(this.longestHeldMs, heldMs);
    if (open !== undefined) for (const note of notes) this.#follow(open, note, connection, from, at, text.length);
    this.#countBytes(at, direction, text.length, notes);
    const messages = notes.flatMap((note) => ("message" in note && note.message !== null ? [note.message] : []));
    const label = labelOf(direction, notes, open?.hold?.kind === "streams");
    const transfer: Transfer = { at, connection, direction, from, to: at, bytes: text.length, label, messages };
    this.transfers.push(transfer);
    return transfer;
  }

  #countBytes(at: number, direction: Direction, bytes: number, notes: readonly Note[]): void {
    const payload = notes.reduce((sum, note) => sum + ("bytes" in note ? note.bytes : 0), 0);
    const last = this.#last;
    if (direction === "up") {
      const requests = last.requests + notes.filter(({ kind }) => kind === "request").length;
      this.#count(at, { up: last.up + bytes, upPayload: last.upPayload + payload, requests });
    } else {
      this.#count(at, { down: last.down + bytes, downPayload: last.downPayload + payload, writes: last.writes + 1 });
    }
  }

  #follow(open: Open, note: Note, connection: ConnectionNumber, from: number, at: number, bytes: number): void {
    switch (note.kind) {
      case "request":
        open.asked = { at: from, bytes, key: note.key };
        open.hold = { at, connection, kind: "waits", until: null };
        this.openRequests.push(open.hold);
        return;
      case "response":
        if (open.hold !== null) open.hold.until = from;
        open.hold = null;
        if (!note.streams) return;
        open.hold = { at: from, connection, kind: "streams", until: null };
        this.openRequests.push(open.hold);
        if (note.accept !== null && open.asked?.key != null) {
          const { at: askedAt, bytes: up, key } = open.asked;
          this.handshakes.push({ at: askedAt, up, down: bytes, tookMs: at - askedAt, key, accept: note.accept });
        }
        return;
      case "answered":
      case "event":
      case "command":
    }
  }
}

function labelOf(direction: Direction, notes: readonly Note[], streams: boolean): string {
  const words = notes.map(wordOf).filter((word) => word !== "");
  if (words.length > MOST_WORDS) return `${words.slice(0, 2).join(" ")} … ${words.at(-1)}`;
  if (words.length > 0) return words.join(" ");
  return streams && direction === "down" ? "heartbeat" : "";
}

function wordOf(note: Note): string {
  switch (note.kind) {
    case "request":
      return note.key === null ? note.method.slice(0, WORD) : "Upgrade";
    case "response":
      return String(note.status);
    case "event":
    case "command":
      return note.message ?? note.kind;
    case "answered":
      return "";
  }
}
