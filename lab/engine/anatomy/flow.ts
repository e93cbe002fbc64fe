import type { Direction } from "../weather.ts";
import { Backlog } from "./backlog.ts";
import type { Opening } from "./passage.ts";
import { type Opaque, type Place, unfinished } from "./place.ts";
import type { Part, Span } from "./span.ts";
import { nextAt, type PlainPlace, UNNAMED } from "./steps.ts";
import type { Talk } from "./talk.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

const LOST: Omit<Part, "length"> = {
  label: "not explained",
  purpose: "unknown",
  explanation: "These bytes follow none of the rules known here, or the bytes that would explain them are missing.",
};

/** One direction of a connection: takes bytes as they come, gives spans as soon as they are whole. */
export class Flow {
  readonly #direction: Direction;
  readonly #talk: Talk;
  readonly #backlog = new Backlog();
  #place: Place;
  /** Where the first byte of the backlog stands. */
  #offset: number;
  #passage: Opening | null = null;

  constructor(direction: Direction, talk: Talk, place: Place, offset: number) {
    this.#direction = direction;
    this.#talk = talk;
    this.#place = place;
    this.#offset = offset;
  }

  /** Bytes looked at while searching for the ends of heads and lines. */
  get scannedBytes(): number {
    return this.#backlog.scannedBytes;
  }

  /** The passage its next bytes belong to, once it is known. */
  get passage(): Opening | null {
    return this.#passage;
  }

  feed(bytes: Uint8Array): void {
    this.#backlog.push(bytes);
    this.#proceed();
  }

  /** Bytes went by of which only the number is known. */
  skip(byteLength: number): void {
    const place = this.#place;
    const missing = {
      label: "not recorded",
      purpose: "unknown",
      explanation: "More came than could be recorded: these bytes were passed on and not kept.",
    } as const;
    if ((place.at === "body" || place.at === "payload") && this.#backlog.length + byteLength <= sizeOf(place)) {
      const left = sizeOf(place) - this.#backlog.length - byteLength;
      const part: Omit<Part, "length"> = {
        label: "payload, not all of it recorded",
        purpose: "payload",
        explanation: missing.explanation,
      };
      const next: Place = place.at === "payload" ? { at: "frame", doubtful: false } : { at: "head" };
      this.#place = { at: "opaque", part, from: this.#offset, left, next };
      this.#offset += this.#dropAll() + byteLength;
    } else if (place.at === "opaque" && byteLength <= place.left) {
      this.#place = { ...place, left: place.left - byteLength };
      this.#offset += byteLength;
    } else {
      this.#abandon(missing, byteLength);
    }
    this.#proceed();
  }

  /** What stands here and is not whole yet; null: nothing. */
  get unfinished(): Span | null {
    const place = this.#place;
    const from = place.at === "opaque" ? place.from : this.#offset;
    const to = this.#offset + this.#backlog.length;
    return from === to ? null : { from, to, ...unfinished(place) };
  }

  /** The other direction has found out what comes here. */
  goOn(place: Place): void {
    if (this.#place.at !== "head" && this.#place.at !== "answer-awaited") return;
    this.#passage = null;
    this.#place = place;
    this.#proceed();
  }

  get awaitsAnswer(): boolean {
    return this.#place.at === "answer-awaited";
  }

  #proceed(): void {
    while (this.#step());
  }

  /** Takes one more thing from the backlog; whether there was one. */
  #step(): boolean {
    const place = this.#place;
    switch (place.at) {
      case "opaque":
        return this.#opaque(place);
      case "head":
        return this.#head();
      case "answer-awaited":
        return false;
      default:
        return this.#plain(place);
    }
  }

  #plain(place: PlainPlace): boolean {
    if (this.#passage === null) {
      if (this.#backlog.length === 0) return false;
      this.#passage = this.#talk.begin(place.at === "frame" ? "frame" : "event", UNNAMED);
    }
    const taken = nextAt(place, this.#backlog, this.#direction, this.#passage.title);
    if (taken === "lost") return this.#lose();
    if (taken === "unfinished") return false;
    if (taken.title !== undefined) this.#passage.title = taken.title;
    this.#passage.addTypes(taken.types ?? []);
    this.#emit(taken.parts);
    this.#goTo(taken.next);
    if (taken.ends === "passage") this.#passage = null;
    else if (taken.ends === "message") this.#end();
    return true;
  }

  /** What is counted and not looked into begins where the next byte stands. */
  #goTo(place: Place): void {
    this.#place = place.at === "opaque" ? { ...place, from: this.#offset } : place;
  }

  #opaque(place: Opaque): boolean {
    const taken = Math.min(place.left, this.#backlog.length);
    this.#backlog.drop(taken);
    this.#offset += taken;
    this.#place = { ...place, left: place.left - taken };
    if (place.left > taken) return false;
    this.#tell({ from: place.from, to: this.#offset, ...place.part });
    this.#place = place.next;
    if (place.next.at === "head") this.#end();
    else if (place.next.at === "frame") this.#passage = null;
    return true;
  }

  #head(): boolean {
    const [first, second] = this.#backlog.view;
    if (first === undefined) return false;
    this.#passage ??= this.#talk.exchange(this.#direction);
    if (first === LINE_FEED || first === CARRIAGE_RETURN) {
      if (first === CARRIAGE_RETURN && second === undefined) return false;
      const length = first === LINE_FEED ? 1 : 2;
      if (length === 2 && second !== LINE_FEED) return this.#lose();
      this.#emit([
        {
          length,
          label: "empty line",
          purpose: "framing",
          explanation: "An empty line before a message means nothing.",
          source: "RFC 9112, section 2.2",
        },
      ]);
      return true;
    }
    const length = this.#backlog.headLength((line) => this.#talk.begins(this.#direction, line));
    if (length === "unfinished") return false;
    if (length === "none") return this.#lose();
    const { parts, next } = this.#talk.head(this.#direction, this.#backlog.view.subarray(0, length), this.#passage);
    this.#emit(parts);
    this.#goTo(next);
    this.#talk.settle(this.#direction, next);
    if (next.at === "head") this.#end();
    else if (next.at === "frame" || next.at === "stream" || next.at === "answer-awaited") this.#passage = null;
    return true;
  }

  /** A message is complete. */
  #end(): void {
    this.#passage = null;
    this.#place = this.#talk.afterMessage(this.#direction);
  }

  /** From here on nothing can be told. */
  #lose(): true {
    this.#passage = this.#talk.begin("unknown", LOST.label);
    this.#place = {
      at: "opaque",
      part: LOST,
      from: this.#offset,
      left: Number.POSITIVE_INFINITY,
      next: { at: "head" },
    };
    return true;
  }

  /** Bytes are missing where they can't be spared: what stands here is told of as it is, and begun anew behind them. */
  #abandon(missing: Omit<Part, "length">, byteLength: number): void {
    const rest = this.unfinished;
    this.#passage ??= this.#talk.begin("unknown", missing.label);
    if (rest !== null) this.#tell(rest);
    this.#offset += this.#dropAll();
    this.#tell({ from: this.#offset, to: this.#offset + byteLength, ...missing });
    this.#offset += byteLength;
    this.#passage = null;
    this.#place = this.#talk.afterHole(this.#place);
  }

  #dropAll(): number {
    const { length } = this.#backlog;
    this.#backlog.drop(length);
    return length;
  }

  #emit(parts: readonly Part[]): void {
    for (const { length, ...part } of parts) {
      this.#tell({ from: this.#offset, to: this.#offset + length, ...part });
      this.#backlog.drop(length);
      this.#offset += length;
    }
  }

  #tell(span: Span): void {
    this.#passage?.grow(this.#direction, span.from, span.to, span.purpose);
    this.#talk.tell(this.#direction, span);
  }
}

function sizeOf(place: Extract<Place, { at: "body" | "payload" }>): number {
  return place.at === "body" ? place.bytes : place.head.length;
}
