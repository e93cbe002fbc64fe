import type { Socket } from "node:net";

/**
 * Whether Node has a request of this connection that is not answered yet. It tells that by this property alone, which it
 * asks itself before it gives the connection to the next answer.
 */
export function isAnswering(socket: Socket): boolean {
  return (Reflect.get(socket, "_httpMessage") ?? null) !== null;
}
