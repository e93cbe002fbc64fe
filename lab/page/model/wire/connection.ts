import type { Direction } from "../../../engine/weather.ts";
import { FrameReader } from "./frames.ts";
import { HttpReader } from "./http.ts";
import type { Note } from "./note.ts";

/**
 * Reads along one connection of a lane: enough to count, to draw and to find the page's messages in it. What every byte
 * means is for the wire view. Bytes that were not recorded end the reading: what follows can't be told apart.
 */
export class ConnectionReader {
  #http: { readonly up: HttpReader; readonly down: HttpReader } | null = {
    up: new HttpReader("request"),
    down: new HttpReader("response"),
  };
  #frames: { readonly up: FrameReader; readonly down: FrameReader } | null = null;

  /** `text`: one character per byte. */
  feed(direction: Direction, text: string): Note[] {
    if (this.#frames !== null) return this.#frames[direction].feed(text);
    if (this.#http === null) return [];
    const { notes, upgraded, rest } = this.#http[direction].feed(text);
    if (upgraded) {
      this.#http = null;
      this.#frames = { up: new FrameReader(), down: new FrameReader() };
      for (const note of this.#frames.down.feed(rest)) notes.push(note);
    }
    return notes;
  }

  /** Bytes are missing here. */
  lose(): void {
    this.#http = null;
    this.#frames = null;
  }
}
