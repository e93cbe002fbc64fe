import type { Hear } from "./hear.ts";
import { addressOf, type NaiveSeat } from "./room.ts";

/** A bare WebSocket, and what it is given to send with. */
export interface BareSocket {
  /** Rejects when it is closed. */
  readonly closed: Promise<never>;
  send(command: object): void;
}

/** A bare WebSocket: hears what comes until it is closed, and opens no other. */
export function bareWebSocket(seat: NaiveSeat, hear: Hear): BareSocket {
  const url = addressOf(seat, "transports/websocket");
  url.protocol = "ws:";
  const socket = new WebSocket(url);
  const closed = new Promise<never>((_, reject) => {
    socket.addEventListener("open", () => hear.live());
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") hear.event(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => reject(new Error(`onclose was called with ${code}`)));
    seat.signal.addEventListener("abort", () => socket.close());
  });
  return { closed, send: (command) => socket.send(JSON.stringify(command)) };
}
