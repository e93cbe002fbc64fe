import type { Connection } from "../generator/dialect.ts";
import { openSocket, type RawSocket, type SocketEvents } from "../generator/socket.ts";

/** The sockets of one reader or publisher as one connection. Those that have closed count on in its bytes. */
export class Sockets implements Connection {
  readonly #open = new Set<RawSocket>();
  readonly #closed = { bytesRead: 0, bytesWritten: 0, reads: 0 };
  #paused = false;

  get bytesRead(): number {
    return this.#sum("bytesRead");
  }

  get bytesWritten(): number {
    return this.#sum("bytesWritten");
  }

  get reads(): number {
    return this.#sum("reads");
  }

  open(url: URL, events: SocketEvents): RawSocket {
    const socket = openSocket(url, {
      ...events,
      gone: (why) => {
        this.#retire(socket);
        events.gone(why);
      },
    });
    this.#open.add(socket);
    if (this.#paused) socket.pause();
    return socket;
  }

  pause(): void {
    this.#paused = true;
    for (const socket of this.#open) socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const socket of this.#open) socket.resume();
  }

  close(): void {
    for (const socket of this.#open) this.drop(socket);
  }

  /** Closes one of them. */
  drop(socket: RawSocket): void {
    socket.close();
    this.#retire(socket);
  }

  #retire(socket: RawSocket): void {
    if (!this.#open.delete(socket)) return;
    this.#closed.bytesRead += socket.bytesRead;
    this.#closed.bytesWritten += socket.bytesWritten;
    this.#closed.reads += socket.reads;
  }

  #sum(count: "bytesRead" | "bytesWritten" | "reads"): number {
    let sum = this.#closed[count];
    for (const socket of this.#open) sum += socket[count];
    return sum;
  }
}
