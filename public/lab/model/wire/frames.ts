import { notesOf } from "./json.ts";
import type { Note } from "./note.ts";

/** Reads WebSocket frames (RFC 6455, section 5.2) from a text whose characters stand for bytes. */
export class FrameReader {
  #rest = "";

  feed(text: string): Note[] {
    this.#rest += text;
    const notes: Note[] = [];
    for (let frame = frameIn(this.#rest); frame !== null; frame = frameIn(this.#rest)) {
      this.#rest = this.#rest.slice(frame.bytes);
      if (frame.payload !== null) notes.push(...notesOf(frame.payload));
    }
    return notes;
  }
}

interface Frame {
  readonly bytes: number;
  /** null: not a whole text message. */
  readonly payload: string | null;
}

const WHOLE_TEXT = 0x81;

function frameIn(text: string): Frame | null {
  if (text.length < 2) return null;
  const second = text.charCodeAt(1);
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const head = 2 + lengthBytes + (masked ? 4 : 0);
  if (text.length < head) return null;
  let length = lengthBytes === 0 ? short : 0;
  for (let at = 2; at < 2 + lengthBytes; at += 1) length = length * 256 + text.charCodeAt(at);
  const bytes = head + length;
  if (text.length < bytes) return null;
  if (text.charCodeAt(0) !== WHOLE_TEXT) return { bytes, payload: null };
  const body = text.slice(head, bytes);
  return { bytes, payload: masked ? unmask(body, text.slice(head - 4, head)) : body };
}

function unmask(body: string, mask: string): string {
  let text = "";
  for (let at = 0; at < body.length; at += 1) {
    text += String.fromCharCode(body.charCodeAt(at) ^ mask.charCodeAt(at % 4));
  }
  return text;
}
