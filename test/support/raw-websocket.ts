import { clientFrame, FrameDecoder } from "./frames.ts";
import { RawConnection, UPGRADE } from "./raw-http.ts";
import { until } from "./wait.ts";

const TEXT = 1;
const CLOSE = 8;

/** A WebSocket client that can send any bytes, valid or not, and keeps the text messages that it receives. */
export class RawWebSocket implements Disposable {
  readonly connection: RawConnection;
  readonly #head: number;
  readonly #decoder = new FrameDecoder();
  #decoded = 0;
  readonly #texts: string[] = [];
  /** The code the server closed with, once it has; 1005 for a close frame without one. */
  closeCode: number | null = null;

  private constructor(connection: RawConnection, head: number) {
    this.connection = connection;
    this.#head = head;
  }

  /** Resolves when the upgrade is done. */
  static async open(server: URL, path: string): Promise<RawWebSocket> {
    const connection = await RawConnection.open(server);
    const lines = Object.entries({ host: server.host, ...UPGRADE }).map(([name, value]) => `${name}: ${value}\r\n`);
    connection.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    const head = await until("the answer to the upgrade", () => {
      const end = connection.text.indexOf("\r\n\r\n");
      return end === -1 ? null : end + 4;
    });
    if (connection.status !== 101) throw new Error(`the upgrade was refused: ${connection.text}`);
    return new RawWebSocket(connection, head);
  }

  /** The text messages so far, parsed. */
  get messages(): { type: string; [field: string]: unknown }[] {
    this.#decode();
    return this.#texts.map((text) => JSON.parse(text));
  }

  send(value: unknown): void {
    this.sendBytes(clientFrame(Buffer.from(JSON.stringify(value))));
  }

  sendBytes(bytes: Buffer): void {
    this.connection.socket.write(bytes);
  }

  waitFor(what: string, fits: (message: { type: string; [field: string]: unknown }) => boolean) {
    return until(what, () => this.messages.find(fits) ?? null);
  }

  /** The code of the server's close frame. */
  waitForClose(): Promise<number> {
    return until("the server's close frame", () => {
      this.#decode();
      return this.closeCode;
    });
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }

  #decode(): void {
    const bytes = this.connection.bytes.subarray(this.#head);
    const fresh = bytes.subarray(this.#decoded);
    this.#decoded = bytes.length;
    for (const { opcode, payload } of this.#decoder.feed(fresh)) {
      if (opcode === TEXT) this.#texts.push(payload.toString());
      if (opcode === CLOSE) this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
  }
}
