import type { ServerResponse } from "node:http";
import type { Outlet } from "../../chat/ports.ts";
import type { Bye } from "../../protocol/events.ts";

/**
 * A response that ends with its first write.
 * Frames are latin1 strings of UTF-8 bytes: head and body then leave in one socket write, where a Buffer would take two.
 */
export class PollOutlet implements Outlet<string> {
  readonly #response: ServerResponse;
  readonly #crossOrigin: readonly string[];

  constructor(response: ServerResponse, crossOrigin: readonly string[]) {
    this.#response = response;
    this.#crossOrigin = crossOrigin;
  }

  write(frame: string): "done" {
    const head = [
      "Content-Type",
      "application/json; charset=utf-8",
      "Cache-Control",
      "no-store",
      "X-Content-Type-Options",
      "nosniff",
      "Content-Length",
      String(frame.length),
    ];
    this.#response.writeHead(200, this.#crossOrigin.length === 0 ? head : [...head, ...this.#crossOrigin]);
    this.#response.end(frame, "latin1");
    return "done";
  }

  end(_bye: Bye, frame: string): void {
    this.write(frame);
  }

  destroy(): void {
    this.#response.destroy();
  }
}

/** A JSON array as the latin1 string of its UTF-8 bytes; its length is the body's in bytes. */
export function arrayFrame(events: readonly object[]): string {
  return Buffer.from(JSON.stringify(events)).toString("latin1");
}
