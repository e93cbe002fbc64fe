import { connect, type Socket } from "node:net";

/** One buffer takes every socket's bytes in turn: whoever gets a chunk must be done with it, or copy it, before returning. */
const shared = Buffer.allocUnsafe(65_536);

export interface RawSocket {
  write(data: string | Buffer): void;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Chunks taken from it so far. */
  readonly reads: number;
  /** Stops taking bytes; the kernel's buffers fill up. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface SocketEvents {
  connected(): void;
  chunk(bytes: Buffer): void;
  /** The server closed it, or the network did. Not called after `close()`. */
  gone(why: string): void;
}

/** Opens a TCP connection whose chunks cost no allocation of their own: a generator must stay cheaper than what it measures. */
export function openSocket(url: URL, events: SocketEvents): RawSocket {
  let reads = 0;
  const socket: Socket = connect({
    host: url.hostname,
    port: Number(url.port),
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (length) => {
        reads += 1;
        events.chunk(shared.subarray(0, length));
        return true;
      },
    },
  });
  let closed = false;
  let why = "the server closed the connection";
  socket.on("connect", () => events.connected());
  socket.on("error", (error) => {
    why = error.message;
  });
  socket.on("end", () => socket.end());
  socket.on("close", () => {
    if (!closed) events.gone(why);
  });
  socket.resume();
  return {
    write: (data) => void (typeof data === "string" ? socket.write(data, "latin1") : socket.write(data)),
    get bytesRead() {
      return socket.bytesRead;
    },
    get bytesWritten() {
      return socket.bytesWritten;
    },
    get reads() {
      return reads;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => {
      closed = true;
      socket.destroy();
    },
  };
}
