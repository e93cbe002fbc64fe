/**
 * What went over one lane's connections, read from the recorded bytes with the lab's decoder: transfers to draw, open
 * requests, totals and handshakes.
 */
import { fromBase64 } from "../../engine/decoder/bytes.ts";
import { ConnectionDecoder, type RequestHead, type ResponseHead, type Span } from "../../engine/decoder/index.ts";
import type { ConnectionNumber } from "../../engine/proxy/contract.ts";
import type { LaneEntry, WireEntry } from "../../engine/run.ts";
import type { Direction } from "../../engine/weather.ts";
import { nameOf } from "./message-sender.ts";
import {
  forgetBefore,
  type Handshake,
  type Held,
  NOTHING,
  type OpenRequest,
  type Totals,
  type Transfer,
} from "./run-records.ts";

/** What the decoder found in the bytes of one entry, in order. */
type Finding =
  | { readonly kind: "request"; readonly head: RequestHead }
  | { readonly kind: "response"; readonly head: ResponseHead }
  /** JSON of an event of the room's log or of a command: the name of the race's message in it, and its bytes. */
  | { readonly kind: "event" | "command"; readonly message: string | null; readonly bytes: number };

interface OpenConnection {
  readonly decoder: ConnectionDecoder;
  /** Findings since the last entry. */
  findings: Finding[];
  /** The request or stream that is open. */
  current: OpenRequest | null;
  /** The same at its node. */
  held: Held | null;
  /** The last request. */
  request: { readonly at: number; readonly bytes: number; readonly key: string | undefined } | null;
}

type Bytes = Extract<LaneEntry, { readonly kind: "bytes" }>;

/** A transfer with more findings, such as a poll's response, is labelled with its first two and its last. */
const MOST_WORDS = 5;
/** Characters of a method in a label: a client may send any text as its method. */
const METHOD_CHARACTERS = 16;
/** With more messages, the decoder forgets those that are over. Only the current one is needed. */
const MOST_MESSAGES = 256;

export class LaneWire {
  readonly transfers: Transfer[] = [];
  readonly openRequests: OpenRequest[] = [];
  /** Requests and streams at nodes, if there are any. */
  readonly held: Held[] = [];
  readonly totals: Totals[] = [NOTHING];
  readonly handshakes: Handshake[] = [];
  /** The longest that bytes were held, ms: a transfer begins at most this long before its `at`. */
  longestHeldMs = 0;
  readonly #open = new Map<ConnectionNumber, OpenConnection>();

  /** Takes an entry. Returns the transfer of its bytes; null if it has none. */
  take(entry: LaneEntry & WireEntry): Transfer | null {
    switch (entry.kind) {
      case "opened":
        this.#open.set(entry.connection, openConnection());
        this.#count(entry.at, { open: this.#open.size });
        return null;
      case "routed":
        this.#hold(entry);
        return null;
      case "bytes":
        return this.#takeBytes(entry);
      case "unrecorded":
        this.#open.get(entry.connection)?.decoder.skip(entry.direction, entry.byteLength, entry.at);
        this.#count(entry.at, {
          [entry.direction]: this.#last[entry.direction] + entry.byteLength,
          unrecorded: this.#last.unrecorded + entry.byteLength,
        });
        return null;
      case "swallowed":
        this.#count(entry.at, { swallowed: this.#last.swallowed + entry.byteLength });
        return null;
      case "fault":
        return null;
      case "closed": {
        const open = this.#open.get(entry.connection);
        if (open?.current != null) open.current.until = entry.at;
        if (open?.held != null) open.held.until = entry.at;
        this.#open.delete(entry.connection);
        this.#count(entry.at, { open: this.#open.size });
        return null;
      }
    }
  }

  forget(before: number): void {
    for (const list of [this.transfers, this.totals, this.handshakes]) forgetBefore(list, before);
    forgetEnded(this.openRequests, before);
    forgetEnded(this.held, before);
  }

  get #last(): Totals {
    return this.totals.at(-1) ?? NOTHING;
  }

  #count(at: number, change: Partial<Totals>): void {
    this.totals.push({ ...this.#last, ...change, at: Math.max(at, this.#last.at) });
  }

  #hold({ at, connection, node }: Extract<LaneEntry, { readonly kind: "routed" }>): void {
    const open = this.#open.get(connection);
    if (open === undefined) return;
    // Without recorded bytes, only the next request shows that this one has ended.
    if (open.held !== null) open.held.until ??= at;
    open.held = { at, node, until: null };
    this.held.push(open.held);
  }

  #takeBytes({ at, connection, direction, base64, heldMs }: Bytes): Transfer {
    const bytes = fromBase64(base64);
    const open = this.#open.get(connection);
    const findings = open === undefined ? [] : decode(open, direction, bytes, at);
    const from = at - heldMs;
    this.longestHeldMs = Math.max(this.longestHeldMs, heldMs);
    if (open !== undefined) for (const found of findings) this.#follow(open, found, connection, from, at, bytes.length);
    this.#countBytes(at, direction, bytes.length, findings);
    const messages = findings.flatMap((found) => ("message" in found && found.message !== null ? [found.message] : []));
    const label = labelOf(direction, findings, open?.current?.kind === "streams");
    const transfer: Transfer = { at, connection, direction, from, to: at, bytes: bytes.length, label, messages };
    this.transfers.push(transfer);
    return transfer;
  }

  #countBytes(at: number, direction: Direction, bytes: number, findings: readonly Finding[]): void {
    const payload = findings.reduce((sum, found) => sum + ("bytes" in found ? found.bytes : 0), 0);
    const last = this.#last;
    if (direction === "up") {
      const requests = last.requests + findings.filter(({ kind }) => kind === "request").length;
      this.#count(at, { up: last.up + bytes, upPayload: last.upPayload + payload, requests });
    } else {
      this.#count(at, { down: last.down + bytes, downPayload: last.downPayload + payload, writes: last.writes + 1 });
    }
  }

  /** Follows requests and responses on a connection. `from`, `at`: when the bytes left one end and reached the other. */
  #follow(
    open: OpenConnection,
    found: Finding,
    connection: ConnectionNumber,
    from: number,
    at: number,
    bytes: number,
  ): void {
    switch (found.kind) {
      case "request":
        open.request = { at: from, bytes, key: found.head.headers.get("sec-websocket-key") };
        open.current = { at, connection, kind: "waits", until: null };
        this.openRequests.push(open.current);
        return;
      case "response": {
        if (open.current !== null) open.current.until = from;
        open.current = null;
        if (!isEndless(found.head)) {
          if (open.held !== null) open.held.until = from;
          return;
        }
        open.current = { at: from, connection, kind: "streams", until: null };
        this.openRequests.push(open.current);
        const accept = found.head.headers.get("sec-websocket-accept");
        if (accept !== undefined && open.request?.key !== undefined) {
          const { at: askedAt, bytes: up, key } = open.request;
          this.handshakes.push({ at: askedAt, up, down: bytes, tookMs: at - askedAt, key, accept });
        }
        return;
      }
      case "event":
      case "command":
    }
  }
}

/** Drops what ended before this time. An open stream may be older than all requests beside it. */
function forgetEnded<Item extends { readonly until: number | null }>(items: Item[], before: number): void {
  const kept = items.filter(({ until }) => until === null || until >= before);
  items.splice(0, items.length);
  for (const item of kept) items.push(item);
}

function openConnection(): OpenConnection {
  const open: OpenConnection = {
    decoder: new ConnectionDecoder({
      onHead: (head) => open.findings.push("status" in head ? { kind: "response", head } : { kind: "request", head }),
      onSpan(_direction, span) {
        const found = findingIn(span);
        if (found !== null) open.findings.push(found);
      },
    }),
    findings: [],
    current: null,
    held: null,
    request: null,
  };
  return open;
}

/** Returns what the decoder finds in these bytes. */
function decode(open: OpenConnection, direction: Direction, bytes: Uint8Array, at: number): readonly Finding[] {
  open.decoder.feed(direction, bytes, at);
  if (open.decoder.messages.length > MOST_MESSAGES) open.decoder.forget(at);
  const { findings } = open;
  open.findings = [];
  return findings;
}

/** Events of the room's log. Their JSON and that of `say` commands count as payload, everything else as overhead. */
const LOGGED = ["message", "joined", "left"];

/** Returns the event or command whose JSON a span is, or null. */
function findingIn({ fields, from, to }: Span): Finding | null {
  const type = fields?.find(({ name }) => name === "type")?.value;
  if (type === undefined) return null;
  const kind = type === "say" ? "command" : LOGGED.includes(type) ? "event" : null;
  // Of an unmasked frame, the first field named `text` is the whole payload. The last one is from its JSON.
  const text = fields?.findLast(({ name }) => name === "text")?.value;
  return kind === null ? null : { kind, message: text === undefined ? null : nameOf(text), bytes: to - from };
}

/** Returns whether everything after this head belongs to its response, until the connection ends. */
function isEndless({ status, headers }: ResponseHead): boolean {
  if (status === 101) return true;
  if (status < 200 || status === 204 || status === 304) return false;
  return !headers.has("content-length") && !headers.has("transfer-encoding");
}

function labelOf(direction: Direction, findings: readonly Finding[], streams: boolean): string {
  const words = findings.map(wordOf);
  if (words.length > MOST_WORDS) return `${words.slice(0, 2).join(" ")} … ${words.at(-1)}`;
  if (words.length > 0) return words.join(" ");
  return streams && direction === "down" ? "heartbeat" : "";
}

function wordOf(found: Finding): string {
  switch (found.kind) {
    case "request":
      return found.head.headers.has("sec-websocket-key") ? "Upgrade" : found.head.method.slice(0, METHOD_CHARACTERS);
    case "response":
      return String(found.head.status);
    case "event":
    case "command":
      return found.message ?? found.kind;
  }
}
