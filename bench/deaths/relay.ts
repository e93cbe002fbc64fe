/**
 * A TCP relay. Each connection goes to the first target that accepts it, and ends when either side ends.
 *
 * Run as a process (`relay.ts PORT`), it is the link between a node and the port it is given: SIGSTOP makes a partition
 * of it. No byte, no end and no reset of a connection passes either way until SIGCONT, and then all of it does, as TCP
 * sends everything again after a real partition.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const HOST = "127.0.0.1";

export interface Relay {
  readonly url: URL;
  /** Ends all connections and stops listening. */
  close(): void;
}

/** Starts a relay on a free port of loopback. `ports` are its targets, the preferred one first. */
export async function startRelay(ports: readonly number[]): Promise<Relay> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    track(client);
    let target: Socket | null = null;
    client.on("error", () => {});
    client.on("close", () => target?.destroy());
    const tryFrom = (at: number): void => {
      const port = ports[at];
      if (port === undefined || client.destroyed) {
        client.resetAndDestroy();
        return;
      }
      const tried = connect(port, HOST);
      tried.once("error", () => tryFrom(at + 1));
      tried.once("connect", () => {
        tried.removeAllListeners("error");
        tried.on("error", () => client.resetAndDestroy());
        tried.on("close", () => client.destroy());
        if (client.destroyed) {
          tried.destroy();
          return;
        }
        target = tried;
        track(tried);
        client.pipe(tried);
        tried.pipe(client);
      });
    };
    tryFrom(0);
  });
  await once(server.listen(0, HOST), "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    url: new URL(`http://${HOST}:${port}/`),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

if (import.meta.main) {
  const { url } = await startRelay(process.argv.slice(2).map(Number));
  console.log(`the relay is listening on ${url}`);
}
