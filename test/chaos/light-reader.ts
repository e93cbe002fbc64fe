import { connect, type Socket } from "node:net";
import { reset } from "../../lab/engine/proxy/connection.ts";
import type { Cursor, SessionToken } from "../../src/protocol/ids.ts";
import { UPGRADE } from "../support/raw-http.ts";

export interface LightOptions {
  readonly url: URL;
  readonly transport: string;
  readonly session: SessionToken;
  readonly cursor: Cursor;
  readonly random: () => number;
}

/** How soon one that was cut comes back, ms at most: much sooner than well-behaved clients do. It doubles up to the second number. */
const BACK_WITHIN_MS = 300;
const BACK_AT_LAST_MS = 9_600;

/** An attempt without an answer in this time is given up. */
const ANSWER_MS = 20_000;

const HOLD_MS = 5_000;

/**
 * A reader of a few hundred bytes of state, for when thousands are needed: it looks for the numbers of events in the bytes
 * of any transport, and comes back with its cursor whenever it is cut. None of the product's client is in it.
 */
export class LightReader {
  readonly #options: LightOptions;
  readonly #epoch: string;
  readonly #streams: boolean;
  #seq: number;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #rest = "";
  #links = 0;
  #failures = 0;
  #over = false;
  lost = 0;
  duplicated = 0;
  received = 0;
  gaps = 0;
  connects = 0;
  /** Answers that were no 200 or 101, by status. */
  readonly refusals = new Map<number, number>();

  constructor(options: LightOptions) {
    this.#options = options;
    const [epoch = "", seq = ""] = options.cursor.split("-");
    this.#epoch = epoch;
    this.#seq = Number(seq);
    this.#streams = !options.transport.endsWith("-polling");
    this.#connect();
  }

  get at(): number {
    return this.#seq;
  }

  /** Ends its connection, if it has one, and comes back. */
  cut(how: "fin" | "rst"): void {
    if (this.#socket === null) return;
    if (how === "rst") reset(this.#socket);
    else this.#socket.destroy();
  }

  end(): void {
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const { url } = this.#options;
    this.connects += 1;
    this.#links += 1;
    this.#rest = "";
    const socket = connect(Number(url.port), url.hostname);
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("connect", () => this.#ask(socket));
    socket.on("data", (text) => this.#take(String(text), socket));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#over) return;
      const ceiling = Math.min(BACK_AT_LAST_MS, BACK_WITHIN_MS * 2 ** this.#failures);
      this.#failures += 1;
      this.#after(ceiling * this.#options.random(), () => this.#connect());
    });
    this.#after(ANSWER_MS, () => socket.destroy());
  }

  #after(ms: number, task: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(task, ms);
  }

  #ask(socket: Socket): void {
    const { url, transport, session } = this.#options;
    const query = `session=${session}&reader=${this.#links}&after=${this.#epoch}-${this.#seq}&hold=${HOLD_MS}`;
    const upgrade = transport === "websocket" ? Object.entries(UPGRADE) : [];
    const lines = [["host", url.host], ...upgrade].map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /transports/${transport}?${query} HTTP/1.1\r\n${lines.join("")}\r\n`);
  }

  #take(text: string, socket: Socket): void {
    this.#rest += text;
    this.#failures = 0;
    const status = Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(this.#rest)?.[1] ?? 0);
    if (status !== 0 && status !== 200 && status !== 101) {
      this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
      socket.destroy();
      return;
    }
    if (this.#streams) {
      this.#after(ANSWER_MS, () => socket.destroy());
      this.#readTo(this.#rest.lastIndexOf("}"));
    } else this.#readAnswer(socket);
  }

  /** An answer of a poll is read when it is whole; then the next one is asked for. */
  #readAnswer(socket: Socket): void {
    const head = this.#rest.indexOf("\r\n\r\n");
    const length = /^content-length: ([0-9]+)/im.exec(this.#rest)?.[1];
    if (head < 0 || length === undefined) return;
    const end = head + 4 + Number(length);
    if (this.#rest.length < end) return;
    this.#readTo(end);
    this.#rest = "";
    this.#after(ANSWER_MS, () => socket.destroy());
    this.#ask(socket);
  }

  #readTo(end: number): void {
    if (end < 0) return;
    for (const [, seq] of this.#rest.slice(0, end).matchAll(/"seq":([0-9]+),/g)) this.#count(Number(seq));
    this.gaps += this.#rest.slice(0, end).split('{"type":"gap"').length - 1;
    // The status is looked for at the beginning only; what follows it need not be kept.
    this.#rest = this.#rest.slice(end);
  }

  #count(seq: number): void {
    if (seq <= this.#seq) this.duplicated += 1;
    else {
      this.lost += seq - this.#seq - 1;
      this.received += 1;
      this.#seq = seq;
    }
  }
}
