import { once } from "node:events";
import { WebSocket } from "ws";
import type { LabMessage, Order } from "../../../lab/engine/control.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { until } from "../../support/wait.ts";

type Welcome = Extract<LabMessage, { type: "welcome" }>;

/** A visitor of the lab, and all messages it received. */
export class Visitor implements Disposable {
  readonly socket: WebSocket;
  readonly messages: LabMessage[] = [];
  readonly entries: Entry[] = [];
  /** Close code of its connection. */
  closeCode: number | null = null;

  constructor(server: URL, headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(new URL("/lab/control", server.href.replace("http", "ws")), { headers });
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data))));
    this.socket.on("close", (code) => {
      this.closeCode = code;
    });
    this.socket.on("error", () => undefined);
  }

  /** Connects. Resolves after `welcome`. */
  static async enter(server: URL): Promise<Visitor> {
    const visitor = new Visitor(server);
    await visitor.welcomed();
    return visitor;
  }

  welcomed(): Promise<Welcome> {
    return until("the welcome", () => this.welcome);
  }

  get welcome(): Welcome | null {
    return this.messages.find((message): message is Welcome => message.type === "welcome") ?? null;
  }

  /** Returns the URL of a lane's proxy. */
  lane(lane: number): URL {
    const found = this.welcome?.lanes.find((each) => each.lane === lane);
    if (found === undefined) throw new Error(`there is no lane ${lane}`);
    return new URL(`http://127.0.0.1:${found.port}/`);
  }

  order(order: Order): void {
    this.send(order);
  }

  /** Sends any JSON, valid or not. */
  send(value: unknown): void {
    this.socket.send(JSON.stringify(value));
  }

  refusals(): string[] {
    return this.messages.flatMap((message) => (message.type === "refused" ? [message.message] : []));
  }

  /** Resolves when all orders so far were carried out and their immediate entries received. */
  async settle(): Promise<void> {
    const id = this.messages.length + 1_000_000;
    this.order({ type: "time", id });
    await until("the clock's answer", () =>
      this.messages.some((message) => message.type === "time" && message.id === id),
    );
  }

  closed(): Promise<number> {
    return until("the end of the session", () => this.closeCode);
  }

  /** Closes the connection. Resolves when it is closed. */
  async leave(): Promise<void> {
    this.socket.close();
    if (this.socket.readyState !== this.socket.CLOSED) await once(this.socket, "close");
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  #take(message: LabMessage): void {
    this.messages.push(message);
    if (message.type === "entries") this.entries.push(...message.entries);
  }
}
