import type { ServerResponse } from "node:http";
import type { Outlet } from "../../chat/ports.ts";
import type { Bye } from "../../protocol/events.ts";

/**
 * An answer made once for all who wait for it. The body is a latin1 string of UTF-8 bytes: head and body then leave in
 * one socket write, where a Buffer would take two.
 */
export interface PollFrame {
  /** Names and values in turn; `writeHead` takes no readonly array but changes none. */
  readonly head: string[];
  readonly body: string;
  /** Bytes of the body. */
  readonly length: number;
}

/** A JSON array as a whole answer. */
export function arrayFrame(events: readonly object[]): PollFrame {
  const body = Buffer.from(JSON.stringify(events)).toString("latin1");
  const head = [
    "Content-Type",
    "application/json",
    "Cache-Control",
    "no-store",
    "X-Content-Type-Options",
    "nosniff",
    "Content-Length",
    String(body.length),
  ];
  return { head, body, length: body.length };
}

/** A response that ends with its first write. */
export class PollOutlet implements Outlet<PollFrame> {
  readonly #response: ServerResponse;
  readonly #crossOrigin: readonly string[];

  constructor(response: ServerResponse, crossOrigin: readonly string[]) {
    this.#response = response;
    this.#crossOrigin = crossOrigin;
  }

  write({ head, body }: PollFrame): "done" {
    // A connection of HTTP/1.1 stays open unless it is said otherwise (RFC 9112, 9.3): 49 bytes less in every answer.
    if (this.#response.shouldKeepAlive) this.#response.removeHeader("connection");
    this.#response.writeHead(200, this.#crossOrigin.length === 0 ? head : [...head, ...this.#crossOrigin]);
    this.#response.end(body, "latin1");
    return "done";
  }

  end(_bye: Bye, frame: PollFrame): void {
    this.write(frame);
  }

  destroy(): void {
    this.#response.destroy();
  }
}
