/** The sockets of the load generator: raw TCP, a stream behind a response's head, and a WebSocket's stream. */
import { connect, type Socket } from "node:net";
import { walkControlFrames } from "./frames.ts";
import { HeadReader } from "./http.ts";

/** One buffer receives the bytes of every socket in turn. Process or copy a chunk before returning. */
const shared = Buffer.allocUnsafe(65_536);

export interface RawSocket {
  write(data: string | Buffer): void;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Chunks read from it so far. */
  readonly reads: number;
  /** Stops reading; the kernel's buffers fill up. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface SocketEvents {
  connected(): void;
  chunk(bytes: Buffer): void;
  /** The server or the network closed it. Not called after `close()`. */
  closed(reason: string): void;
}

/** Opens a TCP connection whose chunks need no allocation: the generator must stay cheaper than what it measures. */
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
  let reason = "the server closed the connection";
  socket.on("connect", () => events.connected());
  socket.on("error", (error) => {
    reason = error.message;
  });
  socket.on("end", () => socket.end());
  socket.on("close", () => {
    if (!closed) events.closed(reason);
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

/** A connection on which a response's head comes first and a stream follows. */
export interface StreamOptions {
  readonly url: URL;
  readonly request: string;
  /** The only status that opens the stream. */
  readonly status: number;
  readonly opened: () => void;
  readonly failed: (reason: string) => void;
  /** Receives every byte after the head. A chunk is valid until `take` returns. */
  readonly take: (bytes: Buffer) => void;
}

/** Opens a stream: an SSE response, or the bytes after an upgrade. `opened` is called before `take`. */
export function openStream({ url, request, status, opened, failed, take }: StreamOptions): RawSocket {
  let head: HeadReader | null = new HeadReader();
  const socket = openSocket(url, {
    connected: () => socket.write(request),
    chunk: (bytes) => {
      if (head === null) return take(bytes);
      const answer = head.read(bytes);
      if (answer === null) return;
      head = null;
      if (answer.status !== status) return failed(`the server answered ${answer.status} instead of ${status}`);
      opened();
      if (answer.rest.length > 0) take(answer.rest);
    },
    closed: failed,
  });
  return socket;
}

/** Opens a WebSocket's stream. Pings are answered. A close frame calls `failed`, and the socket stays open. */
export function openWebSocketStream(options: Omit<StreamOptions, "status">): RawSocket {
  const walker = walkControlFrames({
    send: (frame) => socket.write(frame),
    closed: () => options.failed("the server closed the WebSocket"),
  });
  const socket = openStream({
    ...options,
    status: 101,
    // Take messages before a close frame in the same chunk: the reader's position must include them.
    take: (bytes) => {
      options.take(bytes);
      walker.walk(bytes);
    },
  });
  return socket;
}
