import { once } from "node:events";
import { WebSocket } from "ws";
import type { Order, Telling } from "../../../lab/engine/control.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { until } from "../../support/wait.ts";

type Welcome = Extract<Telling, { type: "welcome" }>;

/** A visitor of the laboratory, and all that it has been told. */
export class Visitor implements Disposable {
  readonly socket: WebSocket;
  readonly tellings: Telling[] = [];
  readonly entries: Entry[] = [];
  /** The code its connection was closed with. */
  closeCode: number | null = null;

  constructor(server: URL, headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(new URL("/lab/control", server.href.replace("http", "ws")), { headers });
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data))));
    this.socket.on("close", (code) => {
      this.closeCode = code;
    });
    this.socket.on("error", () => undefined);
  }

  /** Resolves when it has been welcomed. */
  static async enter(server: URL): Promise<Visitor> {
    const visitor = new Visitor(server);
    await visitor.welcomed();
    return visitor;
  }

  welcomed(): Promise<Welcome> {
    return until("the welcome", () => this.welcome);
  }

  get welcome(): Welcome | null {
    return this.tellings.find((telling): telling is Welcome => telling.type === "welcome") ?? null;
  }

  /** Where the lane's proxy is. */
  lane(lane: number): URL {
    const door = this.welcome?.lanes.find((each) => each.lane === lane);
    if (door === undefined) throw new Error(`there is no lane ${lane}`);
    return new URL(`http://127.0.0.1:${door.port}/`);
  }

  order(order: Order): void {
    this.say(order);
  }

  /** Says anything, right or wrong. */
  say(value: unknown): void {
    this.socket.send(JSON.stringify(value));
  }

  refusals(): string[] {
    return this.tellings.flatMap((telling) => (telling.type === "refused" ? [telling.message] : []));
  }

  /** Resolves when every order so far has been carried out and what it caused at once has been told. */
  async settle(): Promise<void> {
    const id = this.tellings.length + 1_000_000;
    this.order({ type: "time", id });
    await until("the clock's answer", () =>
      this.tellings.some((telling) => telling.type === "time" && telling.id === id),
    );
  }

  closed(): Promise<number> {
    return until("the end of the visit", () => this.closeCode);
  }

  /** Leaves in good order; resolves when the connection has ended. */
  async leave(): Promise<void> {
    this.socket.close();
    if (this.socket.readyState !== this.socket.CLOSED) await once(this.socket, "close");
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  #take(telling: Telling): void {
    this.tellings.push(telling);
    if (telling.type === "entries") this.entries.push(...telling.entries);
  }
}
