import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../../bench/measure/server-process.ts";
import { type Answer, isNumbered, type Order } from "./orders.ts";

const SCRIPT = fileURLToPath(new URL("./generator.ts", import.meta.url));

/** The parent's end of a process full of readers. */
export class GeneratorProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #orders = 0;

  constructor(url: URL) {
    this.#child = startNode([SCRIPT, url.href], { cpu: null }, "inherit");
    this.#child.on("message", (message) => {
      if (!isNumbered<Answer>(message)) return;
      this.#waiting.get(message.id)?.resolve(message.content);
      this.#waiting.delete(message.id);
    });
    this.#child.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("a generator's process has ended"));
      this.#waiting.clear();
    });
  }

  /** Opens so many more readers on a transport. `from`: number of the next message. Resolves when all are in. */
  async join(transport: string, count: number, from: number): Promise<void> {
    await this.#order({ type: "join", transport, count, from });
  }

  /** How many readers have this message, and what went wrong since this was last asked. */
  async heard(message: number): Promise<{ readonly readers: number; readonly faults: readonly string[] }> {
    const answer = await this.#order({ type: "heard", message });
    if (answer.type === "heard") return answer;
    throw new Error(`a generator answered ${answer.type} to the question who has heard`);
  }

  /** All go and end their sessions. */
  async leave(): Promise<void> {
    await this.#order({ type: "leave" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await stopChild(this.#child);
  }

  async #order(content: Order): Promise<Answer> {
    this.#orders += 1;
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.set(this.#orders, waiting);
    this.#child.send({ id: this.#orders, content });
    const answer = await waiting.promise;
    if (answer.type === "failed") throw new Error(answer.message);
    return answer;
  }
}
