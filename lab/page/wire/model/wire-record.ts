import { fromBase64 } from "../../../engine/decoder/bytes.ts";
import { type Chunk, ConnectionDecoder, chunksIn, type WireMessage } from "../../../engine/decoder/index.ts";
import type { Entry, LaneNumber, Run } from "../../../engine/run.ts";
import type { Direction } from "../../../engine/weather.ts";

/** One recorded connection of a lane. */
export interface Connection {
  readonly lane: LaneNumber;
  readonly number: number;
  readonly decoder: ConnectionDecoder;
  /** ms since the run began. */
  readonly openedAt: number;
  closedAt: number | null;
  closedBy: "client" | "server" | "weather" | null;
  /** Number of messages so far, including those that were forgotten. */
  messageCount: number;
}

/** A message and its connection, in the list of all lanes' messages. */
export interface Item {
  readonly connection: Connection;
  readonly message: WireMessage;
  /** When its first byte was passed on; at least the previous item's time, so that items are sorted by it. */
  readonly at: number;
}

/** Recorded bytes, or a number of bytes that were not recorded. */
export type Piece =
  | { readonly from: number; readonly bytes: Uint8Array }
  | { readonly from: number; readonly missing: number };

/** A run's bytes, decoded as they arrive. They stay in the run's entries, and are read again to be shown. */
export class WireRecord {
  /** All messages, in the order in which their first bytes were recorded. */
  items: Item[] = [];
  connections: Connection[] = [];
  readonly #byKey = new Map<string, Connection>();
  readonly #base64 = new WeakMap<Chunk, string>();
  #run: Run | null = null;
  #taken = 0;
  #dropped = 0;

  /** Reads the new entries of `run`, whose first `dropped` entries are gone. Starts over for another run. */
  take(run: Run, dropped: number): void {
    if (run !== this.#run) this.#begin(run);
    const { entries } = run;
    for (let index = Math.max(0, this.#taken - dropped); index < entries.length; index += 1) {
      const entry = entries[index];
      if (entry !== undefined) this.#takeEntry(entry);
    }
    this.#taken = dropped + entries.length;
    if (dropped > this.#dropped) this.#forget(entries[0]?.at ?? 0);
    this.#dropped = dropped;
  }

  connection(lane: LaneNumber, number: number): Connection | undefined {
    return this.#byKey.get(`${lane} ${number}`);
  }

  /** Returns the item with this byte, or undefined. */
  itemAt({ lane, connection: number, direction, offset }: ByteAddress): Item | undefined {
    const connection = this.connection(lane, number);
    return this.items.find(({ connection: own, message }) => {
      const range = message[direction];
      return own === connection && range !== null && range.from <= offset && offset < range.to;
    });
  }

  /** Returns bytes of a connection between two offsets. */
  pieces({ decoder }: Connection, direction: Direction, from: number, to: number): Piece[] {
    const pieces: Piece[] = [];
    for (const chunk of chunksIn(decoder.chunks[direction], from, to)) {
      const start = Math.max(from, chunk.from);
      const end = Math.min(to, chunk.to);
      const base64 = this.#base64.get(chunk);
      if (base64 === undefined) pieces.push({ from: start, missing: end - start });
      else pieces.push({ from: start, bytes: fromBase64(base64).subarray(start - chunk.from, end - chunk.from) });
    }
    return pieces;
  }

  #begin(run: Run): void {
    this.items = [];
    this.connections = [];
    this.#byKey.clear();
    this.#run = run;
    this.#taken = 0;
    this.#dropped = 0;
  }

  #takeEntry(entry: Entry): void {
    switch (entry.kind) {
      case "opened":
        this.#open(entry.lane, entry.connection, entry.at);
        return;
      case "closed": {
        const connection = this.#open(entry.lane, entry.connection, entry.at);
        connection.closedAt = entry.at;
        connection.closedBy = entry.by;
        return;
      }
      case "bytes": {
        const connection = this.#open(entry.lane, entry.connection, entry.at);
        const { decoder } = connection;
        decoder.feed(entry.direction, fromBase64(entry.base64), entry.at, entry.heldMs);
        const chunk = decoder.chunks[entry.direction].at(-1);
        if (chunk !== undefined && entry.base64 !== "") this.#base64.set(chunk, entry.base64);
        this.#list(connection, entry.at);
        return;
      }
      case "unrecorded": {
        const connection = this.#open(entry.lane, entry.connection, entry.at);
        connection.decoder.skip(entry.direction, entry.byteLength, entry.at);
        this.#list(connection, entry.at);
      }
    }
  }

  #open(lane: LaneNumber, number: number, at: number): Connection {
    const known = this.connection(lane, number);
    if (known !== undefined) return known;
    const connection: Connection = {
      lane,
      number,
      decoder: new ConnectionDecoder(),
      openedAt: at,
      closedAt: null,
      closedBy: null,
      messageCount: 0,
    };
    this.#byKey.set(`${lane} ${number}`, connection);
    this.connections.push(connection);
    return connection;
  }

  /** Adds the messages that began in the newest bytes to `items`. */
  #list(connection: Connection, at: number): void {
    const messages = connection.decoder.messages;
    const first = messages.findLastIndex(({ id }) => id < connection.messageCount) + 1;
    for (const message of messages.slice(first)) {
      this.items.push({ connection, message, at: Math.max(at, this.items.at(-1)?.at ?? 0) });
      connection.messageCount = message.id + 1;
    }
  }

  #forget(before: number): void {
    const kept = this.items.findIndex(({ at }) => at >= before);
    this.items.splice(0, kept < 0 ? this.items.length : kept);
    for (const { decoder } of this.connections) decoder.forget(before);
    this.connections = this.connections.filter(({ closedAt, lane, number }) => {
      if (closedAt === null || closedAt >= before) return true;
      this.#byKey.delete(`${lane} ${number}`);
      return false;
    });
  }
}

/** One byte of a run, as an address names it: `#lane=3&connection=0&down=120`. */
export interface ByteAddress {
  readonly lane: LaneNumber;
  readonly connection: number;
  readonly direction: Direction;
  readonly offset: number;
}

/** Reads the byte that an address's hash names; null if it names none. */
export function addressIn(hash: string): ByteAddress | null {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const lane = wholeOf(query.get("lane"));
  const connection = wholeOf(query.get("connection"));
  const direction = query.has("up") ? "up" : "down";
  const offset = wholeOf(query.get(direction));
  return lane === null || connection === null || offset === null ? null : { lane, connection, direction, offset };
}

export function hashOf({ lane, connection, direction, offset }: ByteAddress): string {
  return `#lane=${lane}&connection=${connection}&${direction}=${offset}`;
}

/** Reads a whole number of at most 15 digits. Returns null for any other text. */
export function wholeOf(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}
