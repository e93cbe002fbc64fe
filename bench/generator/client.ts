import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../measure/child.ts";
import { type Answer, isAnswer, type Open, type Order, type Run, type Seen } from "./messages.ts";

const SCRIPT = fileURLToPath(new URL("./main.ts", import.meta.url));

/** The bench's end of the load generator. One order at a time. */
export class Generator {
  readonly #child: ChildProcess;

  constructor(cpu: number | null) {
    this.#child = startNode([SCRIPT], { cpu }, "inherit");
  }

  /** Resolves when all connections of the row are open. */
  async open(order: Open): Promise<void> {
    await this.#order(order);
  }

  async run(order: Run): Promise<Seen> {
    const answer = await this.#order(order);
    if (answer.type !== "ran") throw new Error(`the load generator answered ${answer.type} to an order to run`);
    return answer.seen;
  }

  async close(row: string): Promise<void> {
    await this.#order({ type: "close", row });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await stopChild(this.#child);
  }

  async #order(order: Order): Promise<Answer> {
    const ended = new AbortController();
    const onExit = (): void => ended.abort(new Error("the load generator's process ended"));
    this.#child.once("exit", onExit);
    try {
      const answered = once(this.#child, "message", { signal: ended.signal });
      this.#child.send(order);
      const [answer] = await answered;
      if (!isAnswer(answer)) throw new Error("the load generator gave no answer that can be understood");
      if (answer.type === "failed") throw new Error(`${order.row}: ${answer.message}`);
      return answer;
    } finally {
      this.#child.off("exit", onExit);
    }
  }
}
