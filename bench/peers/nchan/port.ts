import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const HOST = "127.0.0.1";
const RETRY_MS = 20;

/** A port of loopback nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server on loopback has no port");
  return address.port;
}

/** Resolves when something takes connections on the port; rejects with the signal's reason when that aborts first. */
export async function listening(port: number, signal: AbortSignal): Promise<void> {
  while (!(await takesConnections(port))) {
    signal.throwIfAborted();
    await sleep(RETRY_MS);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
