import type { ServerResponse } from "node:http";
import type { Outlet } from "../../chat/ports.ts";
import type { Bye } from "../../protocol/events.ts";
import type { PollFrame } from "./poll-frame.ts";

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
