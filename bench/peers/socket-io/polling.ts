import type { Dialect } from "../../generator/dialect.ts";
import type { RawSocket } from "../../generator/socket.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { AnswerReader } from "../answers.ts";
import { enterFreely } from "../enter.ts";
import { Poster } from "../poster.ts";
import { Sockets } from "../sockets.ts";
import { getHead } from "../stream.ts";
import { answerPacket, type Client, sayPacket } from "./client.ts";
import { eachPacket, joinPackets, sessionIn } from "./packets.ts";

const PATH = "/socket.io/?EIO=4&transport=polling";

/** Socket.IO over long polling alone: one connection for the poll that is always out, others for what is posted. */
export const socketIoPolling: Dialect = {
  enter: enterFreely,
  openReader: ({ url, credentials, events }) => {
    const scanner = new StampScanner(events.arrived);
    const sockets = new Sockets();
    // A reader posts at its connecting and every 25 s: by then the server has closed a connection kept for it.
    new PollingClient({ ...events, url, sockets, keepAlive: false, take: (body) => scanner.scan(body) });
    return Object.assign(sockets, { place: () => credentials });
  },
  openPublisher: ({ url, events }) => {
    const sockets = new Sockets();
    const client = new PollingClient({ ...events, url, sockets, keepAlive: true, take: () => {} });
    const publish = (number: number, textBytes: number): void => client.send(sayPacket(number, textBytes));
    return Object.assign(sockets, { publish });
  },
};

interface ClientAsk {
  readonly url: URL;
  readonly sockets: Sockets;
  readonly keepAlive: boolean;
  /** Gets the payload of each poll. */
  readonly take: (payload: Buffer) => void;
  readonly opened: () => void;
  readonly broke: (why: string) => void;
}

class PollingClient implements Client {
  readonly opened: () => void;
  readonly broke: (why: string) => void;
  readonly #ask: ClientAsk;
  readonly #poster: Poster;
  readonly #polls: RawSocket;
  #path: string | null = null;
  #unsent: string[] = [];
  #posting = false;

  constructor(ask: ClientAsk) {
    const { url, sockets, opened, broke, keepAlive } = ask;
    this.#ask = ask;
    this.opened = opened;
    this.broke = broke;
    const answered = (): void => this.#posted();
    this.#poster = new Poster({ sockets, url, keepAlive, contentType: "text/plain", status: 200, answered, broke });
    const answers = new AnswerReader();
    this.#polls = sockets.open(url, {
      connected: () => this.#poll(PATH),
      chunk: (bytes) => {
        for (const { status, body } of answers.read(bytes)) {
          if (status !== 200) return broke(`a poll was answered ${status} instead of 200`);
          this.#read(body);
        }
      },
      gone: broke,
    });
  }

  /** Engine.IO allows one post at a time: what comes meanwhile goes out together in the next. */
  send(packet: string): void {
    this.#unsent.push(packet);
    if (!this.#posting) this.#flush();
  }

  #read(payload: Buffer): void {
    this.#path ??= `${PATH}&sid=${sessionIn(payload)}`;
    this.#poll(this.#path);
    eachPacket(payload, (kind) => answerPacket(kind, this));
    this.#ask.take(payload);
  }

  #poll(path: string): void {
    this.#polls.write(getHead(this.#ask.url, path));
  }

  #flush(): void {
    if (this.#path === null) return;
    this.#posting = true;
    const packets = this.#unsent;
    this.#unsent = [];
    this.#poster.post(this.#path, joinPackets(packets));
  }

  #posted(): void {
    this.#posting = false;
    if (this.#unsent.length > 0) this.#flush();
  }
}
