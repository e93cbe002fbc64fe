import type { Socket } from "node:net";

/**
 * Ends a socket with RST, as far as that is possible. libuv resets none whose FIN is on its way, and Node, told so, never
 * closes it: its descriptor would be lost.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
