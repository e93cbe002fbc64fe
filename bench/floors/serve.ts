import type { Server } from "node:net";
import type { Readable } from "node:stream";

/** Listens on a free port of loopback and prints the address, as Skyrocket does; ends on SIGTERM. */
export function serve(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the floor has no TCP address");
    console.log(`Listening on http://127.0.0.1:${address.port}/`);
  });
  // Not the default end by signal: only an orderly exit writes the profile of --cpu-prof.
  process.on("SIGTERM", () => process.exit(0));
}

/** Calls back with each line a publisher sends, without its line feed. */
export function onLine(socket: Readable, line: (text: string) => void): void {
  let rest = "";
  socket.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) line(text);
  });
}
