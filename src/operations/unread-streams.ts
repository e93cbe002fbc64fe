import type { Http2Stream } from "node:http2";
import type { World } from "../chat/world.ts";

/** Looks this often within the time a stream has. */
const LOOKS = 5;

interface Unread {
  /** Bytes that waited to be taken. */
  waiting: number;
  /** Monotonic ms: when some were taken last. */
  since: number;
}

/**
 * Ends streams of HTTP/2 whose peer opens no window for what was written to it: the answer would stay in memory as long as
 * its connection, and one connection has many. What watches over sockets sees nothing of it, for it waits in the stream.
 */
export class UnreadStreams {
  readonly #unreadMs: number;
  readonly #elapsed: () => number;
  readonly #streams = new Set<Http2Stream>();
  readonly #unread = new Map<Http2Stream, Unread>();
  readonly stop: () => void;

  constructor(unreadMs: number, world: Pick<World, "elapsed" | "every">) {
    this.#unreadMs = unreadMs;
    this.#elapsed = world.elapsed;
    this.stop = world.every(unreadMs / LOOKS, () => this.#look());
  }

  add(stream: Http2Stream): void {
    this.#streams.add(stream);
    stream.once("close", () => {
      this.#streams.delete(stream);
      this.#unread.delete(stream);
    });
  }

  #look(): void {
    const now = this.#elapsed();
    for (const stream of this.#streams) {
      const waiting = stream.writableLength;
      const before = this.#unread.get(stream);
      if (waiting === 0) this.#unread.delete(stream);
      else if (before === undefined || waiting < before.waiting) this.#unread.set(stream, { waiting, since: now });
      else if (now - before.since >= this.#unreadMs) stream.destroy();
      else before.waiting = waiting;
    }
  }
}
