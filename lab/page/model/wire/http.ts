import { notesOf } from "./json.ts";
import type { Note } from "./note.ts";
import { MOST_CHARACTERS, Unread } from "./unread.ts";

/** A head that grows beyond this is none of ours. */
const HEAD_CHARACTERS = 65_536;

type Place =
  | { readonly kind: "head" }
  | { readonly kind: "body"; readonly length: number }
  /** A body too long to be read. */
  | { readonly kind: "skipped"; readonly left: number }
  /** An event stream, until the connection ends. */
  | { readonly kind: "stream" }
  /** Something that ends with the connection, or that can't be made out. */
  | { readonly kind: "dark" };

/** Reads one direction of an HTTP/1.1 connection from a text whose characters stand for bytes. */
export class HttpReader {
  readonly #side: "request" | "response";
  readonly #unread = new Unread();
  #place: Place = { kind: "head" };

  constructor(side: "request" | "response") {
    this.#side = side;
  }

  /** Characters looked at or copied so far: a small multiple of those fed. */
  get scanned(): number {
    return this.#unread.scanned;
  }

  /** Stops at the head of an upgrade; `rest` is what came after it. */
  feed(text: string): { readonly notes: Note[]; readonly upgraded: boolean; readonly rest: string } {
    const unread = this.#unread;
    unread.push(text);
    const notes: Note[] = [];
    const done = { notes, upgraded: false, rest: "" };
    const note = (more: readonly Note[]): void => {
      for (const one of more) notes.push(one);
    };
    for (;;) {
      const place = this.#place;
      switch (place.kind) {
        case "head": {
          const end = unread.find("\r\n\r\n");
          if (end < 0) {
            if (unread.length > HEAD_CHARACTERS) this.#darken();
            return done;
          }
          const head = unread.take(end + 4).slice(0, -4);
          if (this.#side === "response" && / 101 /.test(head.slice(0, 13))) {
            notes.push({ kind: "response", status: 101, streams: true, accept: field(head, "sec-websocket-accept") });
            return { notes, upgraded: true, rest: unread.take(unread.length) };
          }
          note(this.#takeHead(head));
          break;
        }
        case "body": {
          if (unread.length < place.length) return done;
          note(notesOf(unread.take(place.length)));
          this.#endBody(notes);
          break;
        }
        case "skipped": {
          const left = place.left - unread.skip(place.left);
          this.#place = { kind: "skipped", left };
          if (left > 0) return done;
          this.#endBody(notes);
          break;
        }
        case "stream": {
          const end = unread.find("\n\n");
          if (end < 0) {
            if (unread.length > MOST_CHARACTERS) this.#darken();
            return done;
          }
          for (const line of unread.take(end + 2).split("\n")) {
            if (line.startsWith("data: ")) note(notesOf(line.slice(6)));
          }
          break;
        }
        case "dark":
          unread.clear();
          return done;
      }
    }
  }

  #endBody(notes: Note[]): void {
    if (this.#side === "response") notes.push({ kind: "answered" });
    this.#place = { kind: "head" };
  }

  #takeHead(head: string): Note[] {
    const length = lengthIn(head);
    const [first = "", second = ""] = head.slice(0, head.indexOf("\r\n")).split(" ");
    if (this.#side === "request") {
      this.#place = length === null ? { kind: "head" } : bodyOf(length);
      return [{ kind: "request", method: first, target: second, key: field(head, "sec-websocket-key") }];
    }
    const status = Number(second);
    if (!Number.isInteger(status)) {
      this.#darken();
      return [];
    }
    if (length !== null) {
      this.#place = bodyOf(length);
      return [{ kind: "response", status, streams: false, accept: null }];
    }
    if (status < 200 || status === 204 || status === 304) {
      return [{ kind: "response", status, streams: false, accept: null }, { kind: "answered" }];
    }
    const events = (field(head, "content-type") ?? "").startsWith("text/event-stream");
    this.#place = { kind: events ? "stream" : "dark" };
    return [{ kind: "response", status, streams: true, accept: null }];
  }

  #darken(): void {
    this.#place = { kind: "dark" };
    this.#unread.clear();
  }
}

function bodyOf(length: number): Place {
  return length > MOST_CHARACTERS ? { kind: "skipped", left: length } : { kind: "body", length };
}

/** What the head says of its body's length; null: nothing that is a number. */
function lengthIn(head: string): number | null {
  const length = field(head, "content-length");
  return length !== null && /^[0-9]{1,15}$/.test(length.trim()) ? Number(length) : null;
}

function field(head: string, name: string): string | null {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*)`, "i").exec(head)?.[1] ?? null;
}
