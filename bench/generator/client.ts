import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../measure/server-process.ts";
import {
  type Answer,
  isAnswer,
  type Observation,
  type Open,
  type Opening,
  type Order,
  type Program,
} from "./messages.ts";

const SCRIPT = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Pending {
  readonly row: string;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** The bench's handle on the load generator, a process of its own. Orders for different rows may run at the same time. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #orders = 0;

  /** Starts the process on `cpu`; null lets the system choose. */
  constructor(cpu: number | null) {
    this.#child = startNode([SCRIPT], { cpu }, "inherit");
    this.#child.on("message", (answer) => this.#take(answer));
    this.#child.on("exit", () => this.#failAll(new Error("the load generator's process ended")));
  }

  /** Opens a row's readers, and its publisher on the first call. Resolves when all are attached. */
  async open(order: Omit<Open, "type">): Promise<Opening> {
    const answer = await this.#send({ type: "open", ...order });
    if (answer.type === "opened") return answer.opening;
    throw new Error(`the load generator answered "${answer.type}" to "open"`);
  }

  async run(row: string, program: Program): Promise<Observation> {
    const answer = await this.#send({ type: "run", row, program });
    if (answer.type === "ran") return answer.seen;
    throw new Error(`the load generator answered "${answer.type}" to "run"`);
  }

  async close(row: string): Promise<void> {
    await this.#send({ type: "close", row });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await stopChild(this.#child);
  }

  #send(order: Order): Promise<Answer> {
    this.#orders += 1;
    const id = this.#orders;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { row: order.row, resolve, reject });
      this.#child.send({ id, order }, (error) => {
        if (error !== null && this.#pending.delete(id)) reject(error);
      });
    });
  }

  #take(answer: unknown): void {
    if (!isAnswer(answer)) return;
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id);
    if (answer.type === "failed") pending.reject(new Error(`${pending.row}: ${answer.message}`));
    else pending.resolve(answer);
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
