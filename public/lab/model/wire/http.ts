import { notesOf } from "./json.ts";
import type { Note } from "./note.ts";

/** A head that grows beyond this is none of ours. */
const HEAD_CHARACTERS = 65_536;

type Place =
  | { readonly kind: "head" }
  | { readonly kind: "body"; readonly left: number }
  /** An event stream, until the connection ends. */
  | { readonly kind: "stream" }
  /** Something that ends with the connection, or that can't be made out. */
  | { readonly kind: "dark" };

/** Reads one direction of an HTTP/1.1 connection from a text whose characters stand for bytes. */
export class HttpReader {
  readonly #side: "request" | "response";
  #place: Place = { kind: "head" };
  #rest = "";

  constructor(side: "request" | "response") {
    this.#side = side;
  }

  /** Stops at the head of an upgrade; `rest` is what came after it. */
  feed(text: string): { readonly notes: Note[]; readonly upgraded: boolean; readonly rest: string } {
    this.#rest += text;
    const notes: Note[] = [];
    for (;;) {
      switch (this.#place.kind) {
        case "head": {
          const end = this.#rest.indexOf("\r\n\r\n");
          if (end < 0) {
            if (this.#rest.length > HEAD_CHARACTERS) this.#darken();
            return { notes, upgraded: false, rest: "" };
          }
          const head = this.#rest.slice(0, end);
          this.#rest = this.#rest.slice(end + 4);
          if (this.#side === "response" && / 101 /.test(head.slice(0, 13))) {
            notes.push({ kind: "response", status: 101, streams: true, accept: field(head, "sec-websocket-accept") });
            return { notes, upgraded: true, rest: this.#rest };
          }
          notes.push(...this.#takeHead(head));
          break;
        }
        case "body": {
          if (this.#rest.length < this.#place.left) return { notes, upgraded: false, rest: "" };
          notes.push(...notesOf(this.#rest.slice(0, this.#place.left)));
          this.#rest = this.#rest.slice(this.#place.left);
          if (this.#side === "response") notes.push({ kind: "answered" });
          this.#place = { kind: "head" };
          break;
        }
        case "stream": {
          const end = this.#rest.lastIndexOf("\n\n");
          if (end < 0) return { notes, upgraded: false, rest: "" };
          for (const line of this.#rest.slice(0, end).split("\n")) {
            if (line.startsWith("data: ")) notes.push(...notesOf(line.slice(6)));
          }
          this.#rest = this.#rest.slice(end + 2);
          return { notes, upgraded: false, rest: "" };
        }
        case "dark":
          this.#rest = "";
          return { notes, upgraded: false, rest: "" };
      }
    }
  }

  #takeHead(head: string): Note[] {
    const length = field(head, "content-length");
    const [first = "", second = ""] = head.slice(0, head.indexOf("\r\n")).split(" ");
    if (this.#side === "request") {
      this.#place = length === null ? { kind: "head" } : { kind: "body", left: Number(length) };
      return [{ kind: "request", method: first, target: second, key: field(head, "sec-websocket-key") }];
    }
    const status = Number(second);
    if (!Number.isInteger(status)) {
      this.#darken();
      return [];
    }
    if (length !== null) {
      this.#place = { kind: "body", left: Number(length) };
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
    this.#rest = "";
  }
}

function field(head: string, name: string): string | null {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*)`, "i").exec(head)?.[1] ?? null;
}
