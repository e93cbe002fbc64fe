/** The common parts of the servers of floors and peers: the event they broadcast, and how they start. */
import type { Server } from "node:net";
import type { Readable } from "node:stream";

let seq = 0;

/** Returns the bytes Skyrocket sends for one message, so that a server without rooms broadcasts the same bytes. */
export function messageEvent(text: string): string {
  seq += 1;
  return JSON.stringify({
    type: "message",
    seq,
    at: Date.now(),
    id: `p${seq}`,
    from: { id: "m0000000000", name: "publisher" },
    text,
    via: "websocket",
  });
}

/** Listens on a free loopback port and prints the address, as Skyrocket does. Exits on SIGTERM. */
export function serve(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
    console.log(`Listening on http://127.0.0.1:${address.port}/`);
  });
  // The default end by a signal would not write the profile of --cpu-prof.
  process.on("SIGTERM", () => process.exit(0));
}

/** Calls `line` with each line a publisher sends, without its line feed. */
export function onLine(socket: Readable, line: (text: string) => void): void {
  let rest = "";
  socket.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) line(text);
  });
}
