/** Bun's own publish and subscribe, which is uWebSockets': run by Bun, started by server.ts. */
import { messageEvent } from "../../floors/event.ts";
import { textOf } from "../say.ts";

/** What of Bun is used here. */
interface BunServer {
  readonly port: number;
  upgrade(request: Request): boolean;
  publish(topic: string, data: string): number;
}

interface BunSocket {
  subscribe(topic: string): void;
}

interface BunOptions {
  readonly hostname: string;
  readonly port: number;
  fetch(request: Request): Response | undefined;
  readonly websocket: {
    readonly perMessageDeflate: boolean;
    open(socket: BunSocket): void;
    message(socket: BunSocket, data: string | Buffer): void;
  };
}

declare const Bun: { serve(options: BunOptions): BunServer };

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request) =>
    server.upgrade(request) ? undefined : new Response("this server speaks WebSocket only", { status: 426 }),
  websocket: {
    perMessageDeflate: false,
    open: (socket) => socket.subscribe("room"),
    message: (_socket, data) => void server.publish("room", messageEvent(textOf(String(data)))),
  },
});
console.log(`Bun is listening on http://127.0.0.1:${server.port}/`);

process.on("SIGTERM", () => process.exit(0));
// Whoever started this has gone, and could not say so.
process.stdin.on("end", () => process.exit(0)).resume();
