import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../measure/server-process.ts";
import { isAnswer, type Order, type Outcome } from "./messages.ts";

const SCRIPT = fileURLToPath(new URL("./driver-process.ts", import.meta.url));

/** An order's outcome, and how busy the tool itself was. */
export interface Driven extends Outcome {
  /** CPU time of the tool as a share of one CPU. */
  readonly toolCpu: number;
}

/** The bench's end of the process in which autocannon and our closed loop run. */
export class Driver {
  readonly #child: ChildProcess;
  #orders = 0;

  constructor(cpu: number | null) {
    this.#child = startNode([SCRIPT], { cpu }, "inherit");
  }

  /** Carries out one order. Rejects when the tool fails or its process ends. */
  run(order: Order): Promise<Driven> {
    this.#orders += 1;
    const id = this.#orders;
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        child.off("message", take);
        child.off("exit", ended);
      };
      const take = (message: unknown): void => {
        if (!isAnswer(message) || message.id !== id) return;
        done();
        if (message.type === "done") resolve({ ...message.outcome, toolCpu: message.cpu });
        else reject(new Error(`${order.tool} against ${order.url}: ${message.message}`));
      };
      const ended = (): void => {
        done();
        reject(new Error(`the process of ${order.tool} ended before it had answered`));
      };
      child.on("message", take);
      child.on("exit", ended);
      child.send({ id, order }, (error) => {
        if (error === null) return;
        done();
        reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await stopChild(this.#child);
  }
}
