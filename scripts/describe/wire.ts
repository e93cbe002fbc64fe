/** Raw bytes for documents and their tests: a TCP connection, HTTP responses and WebSocket frames. */
import { connect, type Socket } from "node:net";

/** A raw TCP connection that keeps all received bytes and can wait for them. */
export class RawConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", () => {
      // `close` follows, after which nothing more arrives.
    });
  }

  static async open(url: URL): Promise<RawConnection> {
    const socket = connect(Number(url.port), url.hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawConnection(socket);
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** The received bytes that were not taken yet. */
  get received(): Buffer {
    return this.#received;
  }

  /** Takes the first `count` received bytes. */
  take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** Resolves once `enough` is true for the received bytes, or when the connection has ended. */
  async until(enough: (received: Buffer) => boolean): Promise<Buffer> {
    while (!enough(this.#received) && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The head and the body of one response. */
export interface Answer {
  readonly head: string;
  readonly body: string;
}

const BLANK = "\r\n\r\n";

/** Reads one response: its Content-Length, or, without one, until `enough` is true for its body. */
export async function readAnswer(connection: RawConnection, enough: (body: string) => boolean): Promise<Answer> {
  await connection.until((bytes) => bytes.includes(BLANK));
  const end = connection.received.indexOf(BLANK);
  if (end < 0) throw new Error(`the connection ended within a head: ${connection.received.toString()}`);
  const head = connection.take(end + BLANK.length).toString();
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const bodiless = /^HTTP\/1.1 (101|204)/.test(head);
  if (bodiless) return { head, body: "" };
  if (length !== undefined) {
    await connection.until((bytes) => bytes.length >= Number(length));
    return { head, body: connection.take(Number(length)).toString() };
  }
  await connection.until((bytes) => enough(bytes.toString()));
  return { head, body: connection.take(connection.received.length).toString() };
}

/** One unfragmented WebSocket frame. */
export interface Frame {
  /** The bytes before the payload, including the mask. */
  readonly head: Buffer;
  readonly payload: string;
}

/** Returns the first frame of `bytes`; null if it is not complete. */
export function firstFrame(bytes: Buffer): Frame | null {
  const second = bytes[1];
  if (second === undefined) return null;
  const mask = second >= 0x80 ? 4 : 0;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headLength = 2 + extended + mask;
  if (bytes.length < headLength) return null;
  const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < headLength + length) return null;
  return { head: bytes.subarray(0, headLength), payload: bytes.subarray(headLength, headLength + length).toString() };
}

/** Returns a frame as PROTOCOL.md writes it: the head in hexadecimal, then the payload. */
export function spellFrame({ head, payload }: Frame): string {
  return `${[...head].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")} ${payload}`;
}

/** Returns the bytes of a frame as PROTOCOL.md writes it. */
export function frameBytes(spelled: string): Buffer {
  const start = spelled.indexOf("{");
  const head = Buffer.from(spelled.slice(0, start).replaceAll(" ", ""), "hex");
  return Buffer.concat([head, Buffer.from(spelled.slice(start))]);
}

/** Returns a client's text frame, masked with zeros: the value of the mask does not change its length. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new RangeError(`a payload of ${payload.length} bytes needs another length field`);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
