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

/** Reconnect backoff, shorter than our client's: the maximum delay after the first failure doubles up to the second. */
const FIRST_BACKOFF_MS = 300;
const MAX_BACKOFF_MS = 9_600;

/** An attempt without an answer is abandoned after this time. */
const ANSWER_MS = 20_000;

const HOLD_MS = 5_000;

/**
 * A reader with a few hundred bytes of state, for storms of thousands. It finds the seqs of events in the bytes of any
 * transport and reconnects with its cursor whenever it is cut. It shares no code with the product's client.
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
  #ended = false;
  lost = 0;
  duplicated = 0;
  received = 0;
  gaps = 0;
  connects = 0;
  /** Answers other than 200 and 101, by status. */
  readonly refusals = new Map<number, number>();

  constructor(options: LightOptions) {
    this.#options = options;
    const [epoch = "", seq = ""] = options.cursor.split("-");
    this.#epoch = epoch;
    this.#seq = Number(seq);
    this.#streams = !options.transport.endsWith("-polling");
    this.#connect();
  }

  /** The seq of the last event it received. */
  get at(): number {
    return this.#seq;
  }

  /** Breaks its connection, if it has one. It then reconnects. */
  cut(how: "fin" | "rst"): void {
    if (this.#socket === null) return;
    if (how === "rst") reset(this.#socket);
    else this.#socket.destroy();
  }

  end(): void {
    this.#ended = true;
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
      if (this.#ended) return;
      const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures);
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

  /** Reads a poll's answer once it is complete, then polls again. */
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
    // Only the beginning holds the status, so that what was read can be dropped.
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
