import type { ServerResponse } from "node:http";
import type { Outlet } from "../../../chat/ports.ts";
import type { Bye, DownEvent } from "../../../protocol/events.ts";

/** A response to polls. It is made once and sent to each poll that needs the same events. */
export class PollFrame {
  /** Bytes of the body. */
  readonly length: number;
  /** Header names and values in turn. `writeHead` accepts no readonly array, but does not change it. */
  readonly head: string[];
  /** A latin1 string of UTF-8 bytes. Head and body then leave in one socket write; a Buffer takes two. */
  readonly body: string;

  /** Makes a response whose body is the events as a JSON array. */
  constructor(events: readonly DownEvent[]) {
    const json = Buffer.from(JSON.stringify(events));
    this.length = json.length;
    this.body = json.toString("latin1");
    this.head = [
      "Content-Type",
      "application/json",
      "Cache-Control",
      "no-store",
      "X-Content-Type-Options",
      "nosniff",
      "Content-Length",
      String(this.length),
    ];
  }
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
    // HTTP/1.1 keeps a connection open without this header (RFC 9112, 9.3): 49 bytes less in every response. HTTP/1.0
    // needs it.
    const { httpVersion } = this.#response.req;
    if (this.#response.shouldKeepAlive && httpVersion !== "1.0") this.#response.removeHeader("connection");
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
