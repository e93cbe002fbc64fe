import { latin1 } from "../../../engine/decoder/bytes.ts";
import { notesOf } from "./json.ts";
import type { Note } from "./note.ts";
import { MOST_CHARACTERS, Unread } from "./unread.ts";

/** No frame's head is longer. */
const HEAD = 14;
const WHOLE_TEXT = 0x81;

/** Reads WebSocket frames (RFC 6455, section 5.2) from a text whose characters stand for bytes. */
export class FrameReader {
  readonly #unread = new Unread();
  /** Of the frame whose head has come; null: no head is known yet. */
  #frame: FrameHead | null = null;
  /** What is left of a frame that is passed over. */
  #skipping = 0;

  /** Characters looked at or copied so far: a small multiple of those fed. */
  get scanned(): number {
    return this.#unread.scanned;
  }

  feed(text: string): Note[] {
    this.#unread.push(text);
    const notes: Note[] = [];
    for (;;) {
      this.#skipping -= this.#unread.skip(this.#skipping);
      if (this.#skipping > 0 || this.#unread.length < 2) return notes;
      this.#frame ??= headIn(this.#unread.peek(HEAD));
      if (this.#frame === null) return notes;
      const { bytes, head, mask, isWholeText } = this.#frame;
      if (!isWholeText || bytes > MOST_CHARACTERS) {
        this.#skipping = bytes;
        this.#frame = null;
        continue;
      }
      if (this.#unread.length < bytes) return notes;
      const body = this.#unread.take(bytes).slice(head);
      this.#frame = null;
      for (const note of notesOf(mask === null ? body : unmask(body, mask))) notes.push(note);
    }
  }
}

interface FrameHead {
  /** Of the whole frame, and of its head. */
  readonly bytes: number;
  readonly head: number;
  readonly mask: string | null;
  readonly isWholeText: boolean;
}

/** The head that the text begins with; null: it has not come as a whole. */
function headIn(text: string): FrameHead | null {
  const second = text.charCodeAt(1);
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const head = 2 + lengthBytes + (masked ? 4 : 0);
  if (text.length < head) return null;
  let length = lengthBytes === 0 ? short : 0;
  for (let at = 2; at < 2 + lengthBytes; at += 1) length = length * 256 + text.charCodeAt(at);
  return {
    bytes: head + length,
    head,
    mask: masked ? text.slice(head - 4, head) : null,
    isWholeText: text.charCodeAt(0) === WHOLE_TEXT,
  };
}

function unmask(body: string, mask: string): string {
  const bytes = Uint8Array.from(body, (character, at) => character.charCodeAt(0) ^ mask.charCodeAt(at % 4));
  return latin1(bytes);
}
