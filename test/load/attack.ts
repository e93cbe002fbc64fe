import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { Api } from "../support/api.ts";
import { FrameDecoder } from "../support/frames.ts";
import { freshRoom, say } from "../support/ids.ts";
import { pace } from "../support/wait.ts";
import { type HostileOrders, type HostileSeen, upgradeOf } from "./hostile.ts";
import { LoadServer } from "./load-server.ts";

/** The members' address; the attack comes from another one. Every address of 127.0.0.0/8 is this machine. */
const MEMBERS_ADDRESS = "127.0.0.2";
const SAMPLE_MS = 100;

export interface Attack extends Pick<HostileOrders, "connections" | "opens" | "attackMs"> {
  /** How long latencies are measured before the attack, in ms. */
  readonly quietMs: number;
  /** Interval between two messages of the room, in ms. */
  readonly everyMs: number;
}

/** Ms from sending a message until a listener received it. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  readonly count: number;
}

export interface Outcome {
  readonly quiet: { readonly webSocket: Latencies; readonly longPoll: Latencies };
  readonly attacked: { readonly webSocket: Latencies; readonly longPoll: Latencies };
  /** Messages sent, numbered from 1. */
  readonly sent: number;
  /** Their numbers in the order of arrival, by WebSocket and by long poll. */
  readonly received: { readonly webSocket: readonly number[]; readonly longPoll: readonly number[] };
  readonly hostile: HostileSeen;
  readonly peakBytes: number;
  readonly peakDescriptors: number;
}

/**
 * Attacks a server at its default limits from one address, and measures the latency of members on another. The attack is
 * bounded in time and connections; the server runs in its own process.
 */
export async function attack(plan: Attack): Promise<Outcome> {
  await using server = await LoadServer.start({ rateLimit: true, store: { kind: "memory" } });
  const room = await Room.open(server.url);
  const peak = { bytes: 0, descriptors: 0 };
  const sampling = setInterval(() => {
    peak.descriptors = Math.max(peak.descriptors, server.descriptors);
    server.resident().then(
      (bytes) => {
        peak.bytes = Math.max(peak.bytes, bytes);
      },
      () => undefined,
    );
  }, SAMPLE_MS);
  try {
    await room.talk(plan.quietMs, plan.everyMs);
    await room.untilReceived();
    const quiet = room.takeLatencies();
    const orders: HostileOrders = { ...plan, url: server.url.href, ...(await openTarget(server.url)) };
    const hostile = run(orders);
    await room.talk(plan.attackMs, plan.everyMs);
    const seen = await hostile;
    await room.untilReceived();
    return {
      quiet,
      attacked: room.takeLatencies(),
      sent: room.sent,
      received: room.received,
      hostile: seen,
      peakBytes: peak.bytes,
      peakDescriptors: peak.descriptors,
    };
  } finally {
    clearInterval(sampling);
    room.close();
  }
}

async function run(orders: HostileOrders): Promise<HostileSeen> {
  const worker = new Worker(new URL("./hostile.ts", import.meta.url), { workerData: orders });
  const [seen]: [HostileSeen] = (await once(worker, "message")) as [HostileSeen]; // What hostile.ts posts.
  await worker.terminate();
  return seen;
}

/** Opens a session for the attacker, in a room with pages of history as large as possible. */
async function openTarget(url: URL): Promise<{ readonly session: string; readonly history: string }> {
  const api = new Api(url);
  const { session, epoch } = await api.openSession(freshRoom(), "Mallory");
  for (let n = 0; n < 20; n += 1) await api.execute(session, say("🚀".repeat(4_000)));
  api.close();
  return { session, history: `/api/history?before=${epoch}-21&limit=500&session=${session}` };
}

/** A speaker, and two listeners that receive its messages by WebSocket and by long polls, all from one address. */
class Room {
  readonly #url: URL;
  readonly #speaker: string;
  readonly #listener: string;
  readonly #sockets = new Set<ReturnType<typeof connect>>();
  #isOver = false;
  sent = 0;
  readonly received = { webSocket: [] as number[], longPoll: [] as number[] };
  readonly #sentAt: number[] = [];
  #latencies: { webSocket: number[]; longPoll: number[] } = { webSocket: [], longPoll: [] };

  private constructor(url: URL, speaker: string, listener: string) {
    this.#url = url;
    this.#speaker = speaker;
    this.#listener = listener;
  }

  static async open(url: URL): Promise<Room> {
    const api = new Api(url);
    const name = freshRoom();
    const speaker = await api.openSession(name, "Ada");
    const byPoll = await api.openSession(name, "Grace");
    const bySocket = await api.openSession(name, "Alan");
    api.close();
    const room = new Room(url, speaker.session, bySocket.session);
    await room.#listen();
    void room.#poll(byPoll.session, bySocket.cursor);
    return room;
  }

  /** Sends a message at intervals, for a while. */
  async talk(ms: number, everyMs: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      this.sent += 1;
      this.#sentAt[this.sent] = performance.now();
      const body = JSON.stringify({ type: "say", id: `n${this.sent}`, text: `number ${this.sent}` });
      const status = await this.#request("POST", "/api/commands", this.#speaker, body);
      if (!status.startsWith("HTTP/1.1 200")) throw new Error(`the speaker was refused: ${status.slice(0, 200)}`);
      await pace(everyMs);
    }
  }

  /** Resolves when both listeners have every message, or after 30 s. */
  async untilReceived(): Promise<void> {
    const end = performance.now() + 30_000;
    while (this.received.webSocket.length < this.sent || this.received.longPoll.length < this.sent) {
      if (performance.now() > end) return;
      await pace(5);
    }
  }

  takeLatencies(): Outcome["quiet"] {
    const { webSocket, longPoll } = this.#latencies;
    this.#latencies = { webSocket: [], longPoll: [] };
    return { webSocket: summary(webSocket), longPoll: summary(longPoll) };
  }

  close(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #receive(by: "webSocket" | "longPoll", events: readonly { readonly type: string; readonly text?: string }[]): void {
    for (const { type, text = "" } of events) {
      if (type !== "message") continue;
      const number = Number(text.slice("number ".length));
      this.received[by].push(number);
      this.#latencies[by].push(performance.now() - (this.#sentAt[number] ?? 0));
    }
  }

  async #listen(): Promise<void> {
    const socket = this.#connect();
    const decoder = new FrameDecoder();
    let head = "";
    let isOpen = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.on("close", () => reject(new Error("the listener's WebSocket was closed")));
    socket.on("data", (chunk: Buffer) => {
      let bytes: Buffer = chunk;
      if (!isOpen) {
        head += chunk.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end === -1) return;
        isOpen = true;
        resolve();
        bytes = Buffer.from(head.slice(end + 4), "latin1");
      }
      for (const { opcode, payload } of decoder.feed(bytes)) {
        if (opcode === 1) this.#receive("webSocket", [JSON.parse(payload.toString())]);
      }
    });
    socket.write(upgradeOf(this.#url, this.#listener));
    await promise;
  }

  async #poll(session: string, from: string): Promise<void> {
    let after = from;
    while (!this.#isOver) {
      const answer = await this.#request("GET", `/transports/long-polling?after=${after}`, session).catch(() => "");
      const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
      if (!answer.startsWith("HTTP/1.1 200")) continue;
      const events: { type: string; text?: string; seq?: number }[] = JSON.parse(body);
      this.#receive("longPoll", events);
      const seq = events.findLast((event) => event.seq !== undefined)?.seq;
      if (seq !== undefined) after = `${after.split("-", 1)[0]}-${seq}`;
    }
  }

  /** Sends one request on a new connection, which an attack delays most. Resolves to the whole response as text. */
  #request(method: string, path: string, session: string, body = ""): Promise<string> {
    const socket = this.#connect();
    const type = body === "" ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\nConnection: close\r\nAuthorization: Bearer ${session}\r\n${type}\r\n${body}`,
    );
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    return new Promise((resolve) => socket.on("close", () => resolve(Buffer.concat(chunks).toString())));
  }

  #connect() {
    const socket = connect({ host: "127.0.0.1", port: Number(this.#url.port), localAddress: MEMBERS_ADDRESS });
    this.#sockets.add(socket);
    socket.setNoDelay();
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

function summary(values: readonly number[]): Latencies {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), max: at(1), count: sorted.length };
}

/** Returns the outcome as lines of text. */
export function report(outcome: Outcome): string[] {
  const line = (what: string, { p50, p95, max, count }: Latencies) =>
    `${what.padEnd(28)} p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, max ${max.toFixed(1)} ms (${count} messages)`;
  const { quiet, attacked, hostile } = outcome;
  const answers = [...hostile.answers].map(([status, count]) => `${count} x ${status}`).join(", ");
  return [
    line("WebSocket without attack:", quiet.webSocket),
    line("WebSocket with attack:", attacked.webSocket),
    line("long poll without attack:", quiet.longPoll),
    line("long poll with attack:", attacked.longPoll),
    `attack: ${hostile.opened} connections opened, ${hostile.ended} ended by the server, ${hostile.closed1008} with 1008; ${hostile.written} requests and frames written`,
    `processed: ${answers || "no answers"}, and ${hostile.replies} replies to messages`,
    `server: at most ${(outcome.peakBytes / 1_048_576).toFixed(0)} MiB resident, ${outcome.peakDescriptors} descriptors`,
  ];
}

/** Returns whether both listeners received every message once and in order. */
export function isInOrder({ sent, received }: Outcome): boolean {
  return [received.webSocket, received.longPoll].every(
    (numbers) => numbers.length === sent && numbers.every((number, at) => number === at + 1),
  );
}
