/** Runs real clients, readers and writers, during one death. Takes one order over IPC and replies with the record. */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../src/client/index.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import type { Row } from "../contract.ts";
import { messageEvent } from "../floors/serve.ts";
import { Member } from "../generator/member.ts";
import { stampedText } from "../generator/stamp.ts";
import { executeOrders } from "../measure/worker-process.ts";
import { rowNamed } from "../registry.ts";
import { startRelay } from "./relay.ts";
import {
  type DeathOrder,
  type DeathRecord,
  type Hit,
  type OpenClient,
  type Outcome,
  READERS_PER_NODE,
  type ReaderRecord,
  type RealClient,
} from "./scenario.ts";

const EVERY_MS = 20;
/** Subscriptions between the servers may be behind the clients' connections. */
const SETTLE_MS = 500;
const LOOK_MS = 50;
/** Ms without any arrival after which it is over, if all has arrived and otherwise; and the longest wait for that. */
const QUIET_MS = { whole: 1_000, otherwise: 6_000, longest: 20_000 };
const QUIET_MS_AT_LAST = { whole: 0, otherwise: 2_000, longest: 10_000 };

executeOrders<DeathOrder, DeathRecord>(recordDeath);

async function recordDeath({ row, nodes, leadMs, hit, tailMs }: DeathOrder): Promise<DeathRecord> {
  const { openReader, openWriter } = await openersOf(rowNamed(row));
  const ports = nodes.map((node) => Number(new URL(node).port));
  // Each prefers its own node and falls back to the other, like a load balancer with a health check.
  const relays = await Promise.all(ports.map((_, at) => startRelay([...ports.slice(at), ...ports.slice(0, at)])));
  const clients: RealClient[] = [];
  const load = new Load();
  try {
    const writers: RealClient[] = [];
    for (const { url } of relays) {
      for (let count = 0; count < READERS_PER_NODE; count += 1) {
        clients.push(await openReader(url, `reader-${clients.length}`, load.addReader()));
      }
      const writer = await openWriter(url, `writer-${clients.length}`, { arrived: () => {}, told: () => {} });
      clients.push(writer);
      writers.push(writer);
    }
    await sleep(SETTLE_MS);
    const end = new AbortController();
    const writing = load.write(writers, end.signal);
    await sleep(leadMs);
    const diedAt = performance.now();
    await strike(hit);
    await sleep(tailMs);
    end.abort();
    await writing;
    await load.settled(QUIET_MS);
    // From here on nothing is acknowledged, and what was must arrive.
    for (const writer of writers) writer.close();
    await load.settled(QUIET_MS_AT_LAST);
    return { diedAt, ...load.record };
  } finally {
    for (const client of clients) client.close();
    for (const relay of relays) relay.close();
  }
}

/** Resolves when the death is over: at once, or when what was stopped goes on. */
async function strike({ pids, forMs }: Hit): Promise<void> {
  for (const pid of pids) process.kill(pid, forMs === "for good" ? "SIGKILL" : "SIGSTOP");
  if (forMs === "for good") return;
  try {
    await sleep(forMs);
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
}

const STAMP = /^#(\d{10})/;

/** The messages and what becomes of them. */
class Load {
  readonly #messages: { writer: number; sentAt: number; outcome: Outcome }[] = [];
  readonly #readers: { arrivals: [number, number][]; told: number[] }[] = [];
  #answered = 0;
  #lastAt = 0;

  get record(): { messages: DeathRecord["messages"]; readers: readonly ReaderRecord[] } {
    return { messages: this.#messages, readers: this.#readers };
  }

  addReader() {
    const arrivals: [number, number][] = [];
    const told: number[] = [];
    this.#readers.push({ arrivals, told });
    return {
      arrived: (text: string): void => {
        const number = STAMP.exec(text)?.[1];
        if (number === undefined) return;
        this.#lastAt = performance.now();
        arrivals.push([Number(number), this.#lastAt]);
      },
      told: (): void => void told.push(performance.now()),
    };
  }

  /** Has every writer send a message each `EVERY_MS` until `signal` aborts. */
  async write(writers: readonly RealClient[], signal: AbortSignal): Promise<void> {
    const start = performance.now();
    for (let turn = 0; !signal.aborted; turn += 1) {
      const wait = start + turn * EVERY_MS - performance.now();
      if (wait > 0) await sleep(wait);
      for (const [writer, client] of writers.entries()) {
        const message = { writer, sentAt: performance.now(), outcome: "unknown" as Outcome };
        void client.say(this.#messages.push(message)).then((outcome) => {
          message.outcome = outcome;
          this.#answered += 1;
          this.#lastAt = performance.now();
        });
      }
    }
  }

  /** Resolves when everything has arrived, or nothing more does. */
  async settled({ whole, otherwise, longest }: typeof QUIET_MS): Promise<void> {
    const end = performance.now() + longest;
    while (performance.now() < end) {
      if (performance.now() - this.#lastAt > (this.#isWhole() ? whole : otherwise)) return;
      await sleep(LOOK_MS);
    }
  }

  #isWhole(): boolean {
    if (this.#answered < this.#messages.length) return false;
    return this.#readers.every(
      ({ arrivals }) => new Set(arrivals.map(([number]) => number)).size >= this.#messages.length,
    );
  }
}

interface Openers {
  readonly openReader: OpenClient;
  readonly openWriter: OpenClient;
}

async function openersOf(row: Row): Promise<Openers> {
  if (row.client === undefined) throw new Error(`${row.name} has no client of its own`);
  switch (row.client) {
    case "skyrocket":
      // As in the other scenarios, all rows publish by WebSocket.
      return { openReader: openSkyrocket(row.leg), openWriter: openSkyrocket("websocket") };
    case "nchan":
      return { openReader: openNchan(row), openWriter: openNchan(row) };
    case "socket-io": {
      // Its package is installed only for the peers, so the compiler of the rest must not see it.
      const path: string = "../peers/socket-io-client.ts";
      const { openClient }: { readonly openClient: OpenClient } = await import(path);
      return { openReader: openClient, openWriter: openClient };
    }
  }
}

function openSkyrocket(transport: string): OpenClient {
  return async (url, name, events) => {
    const client = connect({ url, room: "deaths", name, transport });
    void (async () => {
      for await (const { event } of client) {
        if (event.type === "message") events.arrived(event.text);
        if (event.type === "gap") events.told();
      }
    })();
    await new Promise<void>((resolve) => {
      client.watch(({ kind }) => {
        if (kind === "live") resolve();
      });
    });
    return {
      say: (number) =>
        client.send(stampedText(number, 0)).then(
          () => "acknowledged",
          (error) => (error instanceof ProtocolError ? "refused" : "unknown"),
        ),
      close: () => client.close(),
    };
  };
}

/** The same time as Socket.IO's client waits for an acknowledgement. */
const ANSWER_MS = 10_000;

/** A reader as in the other scenarios, which resumes at the id it read last; a writer that posts in order. */
function openNchan({ dialect }: Row): OpenClient {
  return async (url, _name, events) => {
    const [credentials] = await dialect.join(url, 1);
    if (credentials === undefined) throw new Error("nchan gave no position to start at");
    const arrived = (number: number): void => events.arrived(stampedText(number, 0));
    const member = new Member({
      dialect,
      nodes: [url],
      credentials,
      supervised: true,
      events: { arrived, failed() {} },
    });
    await member.open();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const closed = new AbortController();
    return {
      say: (number) => {
        const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(ANSWER_MS)]);
        return post(new URL("/publish", url), messageEvent(stampedText(number, 0)), agent, signal);
      },
      close: () => {
        member.close();
        closed.abort();
        agent.destroy();
      },
    };
  };
}

function post(url: URL, body: string, agent: Agent, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers, signal }, (answer) => {
      answer.resume();
      answer.once("error", () => resolve("unknown"));
      answer.once("end", () =>
        resolve(answer.statusCode === 201 || answer.statusCode === 202 ? "acknowledged" : "refused"),
      );
    });
    sent.once("error", () => resolve("unknown"));
    sent.end(body);
  });
}
