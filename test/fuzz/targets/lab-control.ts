import { clientFrame } from "../../support/frames.ts";
import { LAB } from "../../support/lab.ts";
import { anyOrder } from "../arbitraries/orders.ts";
import { UPGRADE_LINES } from "../arbitraries/requests.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { Arena } from "../support/arena.ts";
import { DEADLINE_MS, Line } from "../support/line.ts";

/** Why a visitor is sent away. */
const TOO_MANY = "too many orders";
const CONTROL = "/lab/control";

/** One visitor, who stays until it is sent away (too many orders a second), and then comes again. */
class Visitor {
  readonly #arena: Arena;
  #line: Line | null = null;
  #asked = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Orders something, and then the time: the answer to that proves that the order has been dealt with. */
  async order(text: string): Promise<string> {
    const line = this.#line === null || this.#line.closed ? await this.#enter() : this.#line;
    this.#asked += 1;
    const answer = `{"type":"time","id":${this.#asked},`;
    line.write(clientFrame(Buffer.from(text)));
    line.write(clientFrame(Buffer.from(`{"type":"time","id":${this.#asked}}`)));
    let refused = false;
    const told = (): boolean => {
      refused ||= line.bytes.includes('{"type":"refused"');
      // It waits for this client's close frame now, which does not come.
      if (line.bytes.includes(TOO_MANY)) line.drop();
      return line.bytes.includes(answer);
    };
    const came = await line.within(DEADLINE_MS, told);
    if (!came && !line.closed) throw new Finding("hang", `the lab is silent after ${text.slice(0, 200)}`);
    line.take(line.bytes.length);
    if (!came) return "sent away";
    return refused ? "refused" : "carried out";
  }

  leave(): void {
    this.#line?.drop();
  }

  async #enter(): Promise<Line> {
    const line = await Line.open(this.#arena.port);
    line.write(`GET ${CONTROL} HTTP/1.1\r\nHost: ${this.#arena.host}\r\n${UPGRADE_LINES}\r\n`);
    const inside = await line.within(DEADLINE_MS, ({ bytes }) => bytes.includes('{"type":"welcome"'));
    if (!inside) throw new Finding("hang", `no visitor is let in: ${line.bytes.toString("latin1").slice(0, 300)}`);
    line.take(line.bytes.length);
    this.#line = line;
    return line;
  }
}

export const labControl = target({
  name: "lab-control",
  what: "the laboratory's orders on its WebSocket: any of them, raw bytes for its lanes among them",
  input: anyOrder,
  open: async () => {
    const arena = await Arena.open({ lab: LAB });
    const visitor = new Visitor(arena);
    return {
      try: (order) => visitor.order(JSON.stringify(order) ?? "null"),
      check: () => arena.check(),
      close: async () => {
        visitor.leave();
        await arena.close();
      },
    };
  },
});
