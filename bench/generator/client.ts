import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../measure/server-process.ts";
import { type Answer, isAnswer, type Open, type Opening, type Order, type Program, type Seen } from "./messages.ts";

const SCRIPT = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Waiting {
  readonly row: string;
  answered(answer: Answer): void;
  failed(error: Error): void;
}

/** The bench's end of the load generator, a process of its own. Orders for different rows may be under way together. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #orders = 0;

  constructor(cpu: number | null) {
    this.#child = startNode([SCRIPT], { cpu }, "inherit");
    this.#child.on("message", (answer) => this.#take(answer));
    this.#child.on("exit", () => this.#failAll(new Error("the load generator's process ended")));
  }

  /** Opens readers, and with the first call the publisher. Resolves when all are in. */
  async open(order: Omit<Open, "type">): Promise<Opening> {
    const answer = await this.#order({ type: "open", ...order });
    if (answer.type === "opened") return answer.opening;
    throw new Error(`the load generator answered ${answer.type} to an order to open`);
  }

  async run(row: string, program: Program): Promise<Seen> {
    const answer = await this.#order({ type: "run", row, program });
    if (answer.type === "ran") return answer.seen;
    throw new Error(`the load generator answered ${answer.type} to an order to run`);
  }

  async close(row: string): Promise<void> {
    await this.#order({ type: "close", row });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await stopChild(this.#child);
  }

  #order(order: Order): Promise<Answer> {
    this.#orders += 1;
    const id = this.#orders;
    return new Promise((answered, failed) => {
      this.#waiting.set(id, { row: order.row, answered, failed });
      this.#child.send({ id, order }, (error) => {
        if (error !== null && this.#waiting.delete(id)) failed(error);
      });
    });
  }

  #take(answer: unknown): void {
    if (!isAnswer(answer)) return;
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (answer.type === "failed") waiting.failed(new Error(`${waiting.row}: ${answer.message}`));
    else waiting.answered(answer);
  }

  #failAll(error: Error): void {
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }
}
