/** The attack of `npm run load -- attack`, in its own thread: its cost must not delay the members whose latency is measured. */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { clientFrame } from "../support/frames.ts";
import { UPGRADE } from "../support/raw-http.ts";
import { pace } from "../support/wait.ts";

/** Not the members' address, so that only the attack uses up its limits. */
const HOSTILE_ADDRESS = "127.0.0.1";
/** Pause between two writes on one connection. */
const REST_MS = 1;
/** Pause before a connection that ended is opened again. */
const REOPEN_MS = 20;

export interface HostileOrders {
  readonly url: string;
  readonly session: string;
  /** Path of a page of history. */
  readonly history: string;
  /** Connections at the same time. One that ends is opened again. */
  readonly connections: number;
  /** Most connections opened in all. */
  readonly opens: number;
  readonly attackMs: number;
}

export interface HostileSeen {
  opened: number;
  /** Connections that the server ended, and WebSockets among them that it closed with 1008. */
  ended: number;
  closed1008: number;
  /** Refusals of messages on its WebSockets. */
  replies: number;
  /** Requests and frames it wrote. */
  written: number;
  /** Answers in HTTP by status. */
  readonly answers: Map<string, number>;
}

/** What one hostile connection writes repeatedly. */
interface Weapon {
  /** Written once, before anything else. */
  readonly opening: string;
  readonly bytes: Buffer;
  /** Requests or frames in `bytes`. */
  readonly pieces: number;
  /** Whether the connection reads the answers. */
  readonly isRead: boolean;
  readonly isWebSocket: boolean;
}

export class Hostile {
  readonly #orders: HostileOrders;
  readonly #port: number;
  readonly #weapons: readonly Weapon[];
  readonly #end: number;
  readonly seen: HostileSeen = { opened: 0, ended: 0, closed1008: 0, replies: 0, written: 0, answers: new Map() };

  constructor(orders: HostileOrders) {
    const { session, history } = orders;
    const url = new URL(orders.url);
    this.#orders = orders;
    this.#end = performance.now() + orders.attackMs;
    this.#port = Number(url.port);
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;
    const repeated = (bytes: Buffer, pieces: number) => ({
      bytes: Buffer.concat(Array.from({ length: pieces }, () => bytes)),
      pieces,
    });
    const webSocket = { opening: upgradeOf(url, session), isRead: true, isWebSocket: true };
    const http = { opening: "", isWebSocket: false };
    const refused = clientFrame(Buffer.from(JSON.stringify({ type: "say", id: "c1", text: "" })));
    this.#weapons = [
      { ...webSocket, ...repeated(refused, 100) },
      { ...webSocket, ...repeated(clientFrame(Buffer.from("x".repeat(100)), { opcode: 9 }), 100) },
      { ...http, ...repeated(Buffer.from(get(history)), 30), isRead: false },
      { ...http, ...repeated(Buffer.from(get("/api/members?session=x.y")), 30), isRead: true },
      { ...http, ...repeated(Buffer.from(get("/nowhere")), 30), isRead: true },
      { ...http, ...repeated(Buffer.from("GARBAGE\r\n\r\n"), 1), isRead: true },
    ];
  }

  /** Attacks for `attackMs`. Resolves when that is over. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#orders.connections }, (_, n) => this.#keepUp(n)));
  }

  async #keepUp(n: number): Promise<void> {
    const weapon = this.#weapons[n % this.#weapons.length];
    if (weapon === undefined) return;
    while (performance.now() < this.#end && this.seen.opened < this.#orders.opens) {
      this.seen.opened += 1;
      await this.#wield(weapon);
      await pace(REOPEN_MS);
    }
  }

  async #wield({ opening, bytes, pieces, isRead, isWebSocket }: Weapon): Promise<void> {
    const socket = connect({ host: "127.0.0.1", port: this.#port, localAddress: HOSTILE_ADDRESS });
    let isClosed = false;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      isClosed = true;
    });
    if (isRead) {
      socket.on("data", (chunk: Buffer) => {
        // A close frame with 1008 is its last bytes: FIN and opcode 8, then the code.
        if (isWebSocket && chunk.includes("\x03\xf0too_many", 0, "latin1")) this.seen.closed1008 += 1;
        const text = chunk.toString("latin1");
        for (const [, status = ""] of text.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)) {
          this.seen.answers.set(status, (this.seen.answers.get(status) ?? 0) + 1);
        }
        this.seen.replies += text.split('"type":"refused"').length - 1;
      });
    } else socket.pause();
    if (opening !== "") socket.write(opening);
    while (!isClosed && performance.now() < this.#end) {
      // Write only what the server takes. The attacker's own memory is not measured.
      if (!socket.writableNeedDrain) {
        socket.write(bytes);
        this.seen.written += pieces;
      }
      await pace(REST_MS);
      // A socket that does not read is not notified of its end: stop when the server takes no more.
      if (!isRead && socket.writableNeedDrain && socket.bytesWritten > 0) break;
    }
    if (isClosed) this.seen.ended += 1;
    socket.destroy();
  }
}

/** Returns the request that opens a WebSocket with this session. */
export function upgradeOf(url: URL, session: string): string {
  const lines = Object.entries({ host: url.host, ...UPGRADE }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET /transports/websocket?session=${session} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

if (parentPort !== null) {
  const hostile = new Hostile(workerData);
  await hostile.run();
  parentPort.postMessage(hostile.seen);
}
