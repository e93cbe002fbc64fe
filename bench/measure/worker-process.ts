/** Orders and answers between this process and a child process, over IPC. Both run the same version of the code. */
import type { ChildProcess } from "node:child_process";
import { startNode, stopChild } from "./server-process.ts";

/** An order and the number that its answer repeats. */
interface NumberedOrder<Order> {
  readonly id: number;
  readonly order: Order;
}

type NumberedAnswer<Answer> =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly failure: string };

/** The parent's handle on a child that executes orders. Several orders may be in progress at the same time. */
export class WorkerProcess<Order, Answer> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PromiseWithResolvers<Answer>>();
  #orders = 0;

  /** Starts `script` (a path and its arguments) on `cpu`; null lets the system choose. `name` is used in errors. */
  constructor(name: string, script: readonly string[], cpu: number | null) {
    this.#child = startNode(script, { cpu }, "inherit");
    this.#child.on("message", (message) => {
      if (isNumberedAnswer<Answer>(message)) this.#take(message);
    });
    this.#child.on("exit", () => {
      for (const { reject } of this.#pending.values()) reject(new Error(`${name} ended before it answered`));
      this.#pending.clear();
    });
  }

  /** Resolves to the answer. Rejects if the order fails or the process ends first. */
  ask(order: Order): Promise<Answer> {
    this.#orders += 1;
    const id = this.#orders;
    const pending = Promise.withResolvers<Answer>();
    this.#pending.set(id, pending);
    const numbered: NumberedOrder<Order> = { id, order };
    this.#child.send(numbered, (error) => {
      if (error !== null && this.#pending.delete(id)) pending.reject(error);
    });
    return pending.promise;
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await stopChild(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #take(message: NumberedAnswer<Answer>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("failure" in message) pending?.reject(new Error(message.failure));
    else pending?.resolve(message.answer);
  }
}

/** Executes the parent's orders in this process, and exits when the parent ends. */
export function executeOrders<Order, Answer>(execute: (order: Order) => Promise<Answer>): void {
  const send = (message: NumberedAnswer<Answer>): void => {
    process.send?.(message);
  };
  process.on("message", (message) => {
    if (!isNumberedOrder<Order>(message)) return;
    const { id, order } = message;
    execute(order).then(
      (answer) => send({ id, answer }),
      (error: unknown) => send({ id, failure: error instanceof Error ? error.message : String(error) }),
    );
  });
  // The channel closes when the parent ends, however it ends.
  process.on("disconnect", () => process.exit(0));
}

// Only the envelope is checked: its content comes from the same version of the code.

function isNumberedOrder<Order>(value: unknown): value is NumberedOrder<Order> {
  return typeof value === "object" && value !== null && "id" in value && "order" in value;
}

function isNumberedAnswer<Answer>(value: unknown): value is NumberedAnswer<Answer> {
  return typeof value === "object" && value !== null && "id" in value && ("answer" in value || "failure" in value);
}
