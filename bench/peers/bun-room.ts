/** Bun's own publish and subscribe, which is that of uWebSockets. Bun runs this file; bun-server.ts starts Bun. */
import { messageEvent } from "../floors/serve.ts";
import { textOf } from "../generator/stamp.ts";

/** The part of Bun's API that is used here. */
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
// Input ends when the process that started this one ends, even if it was killed.
process.stdin.on("end", () => process.exit(0)).resume();
