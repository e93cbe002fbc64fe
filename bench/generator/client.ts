import { fileURLToPath } from "node:url";
import { WorkerProcess } from "../measure/worker-process.ts";
import type { Answer, Observation, Open, Opening, Order, Program } from "./messages.ts";

const SCRIPT = fileURLToPath(new URL("./main.ts", import.meta.url));

/** The bench's handle on the load generator, a process of its own. Orders for different rows may run at the same time. */
export class Generator {
  readonly #worker: WorkerProcess<Order, Answer>;

  /** Starts the process on `cpu`; null lets the system choose. */
  constructor(cpu: number | null) {
    this.#worker = new WorkerProcess("the load generator's process", [SCRIPT], cpu);
  }

  /** Opens a row's readers, and its publishers on the first call. Resolves when all are attached. */
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

  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #send(order: Order): Promise<Answer> {
    try {
      return await this.#worker.ask(order);
    } catch (error) {
      throw new Error(`${order.row}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
