import { clientFrame } from "../../support/frames.ts";
import { LAB } from "../../support/lab.ts";
import { anyOrder } from "../arbitraries/orders.ts";
import { UPGRADE_LINES } from "../arbitraries/requests.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { Connection, DEADLINE_MS } from "../support/connection.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

/** Close reason for a visitor above the limit. */
const TOO_MANY = "too many orders";
const CONTROL = "/lab/control";

/** A visitor that reconnects whenever it is disconnected for too many orders per second. */
class Visitor {
  readonly #arena: FuzzServer;
  #line: Connection | null = null;
  #asked = 0;

  constructor(server: FuzzServer) {
    this.#arena = server;
  }

  /** Sends an order and then `time`, whose response proves that the order was handled. */
  async order(text: string): Promise<string> {
    const line = this.#line === null || this.#line.closed ? await this.#enter() : this.#line;
    this.#asked += 1;
    const answer = `{"type":"time","id":${this.#asked},`;
    line.write(clientFrame(Buffer.from(text)));
    line.write(clientFrame(Buffer.from(`{"type":"time","id":${this.#asked}}`)));
    let refused = false;
    const answered = (): boolean => {
      refused ||= line.bytes.includes('{"type":"refused"');
      // The server now waits for a close frame, which this client does not send.
      if (line.bytes.includes(TOO_MANY)) line.drop();
      return line.bytes.includes(answer);
    };
    const came = await line.within(DEADLINE_MS, answered);
    if (!came && !line.closed) throw new Finding("hang", `the lab is silent after ${text.slice(0, 200)}`);
    line.take(line.bytes.length);
    if (!came) return "disconnected";
    return refused ? "refused" : "carried out";
  }

  leave(): void {
    this.#line?.drop();
  }

  async #enter(): Promise<Connection> {
    const line = await Connection.open(this.#arena.port);
    line.write(`GET ${CONTROL} HTTP/1.1\r\nHost: ${this.#arena.host}\r\n${UPGRADE_LINES}\r\n`);
    const inside = await line.within(DEADLINE_MS, ({ bytes }) => bytes.includes('{"type":"welcome"'));
    if (!inside) throw new Finding("hang", `no visitor is admitted: ${line.bytes.toString("latin1").slice(0, 300)}`);
    line.take(line.bytes.length);
    this.#line = line;
    return line;
  }
}

export const labControl = target({
  name: "lab-control",
  what: "the lab's control WebSocket: any order, raw bytes for its lanes included",
  input: anyOrder,
  open: async () => {
    const server = await FuzzServer.open({ lab: LAB });
    const visitor = new Visitor(server);
    return {
      try: (order) => visitor.order(JSON.stringify(order) ?? "null"),
      check: () => server.check(),
      close: async () => {
        visitor.leave();
        await server.close();
      },
    };
  },
});
