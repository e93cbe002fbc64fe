/** The load generator's process: opens readers and publishers, runs programs and answers what it observed, over IPC. */
import { type Answer, isNumbered, type Order } from "./messages.ts";
import { runProgram } from "./programs.ts";
import { ReaderPool } from "./reader-pool.ts";

/** Milliseconds after which a message counts as lost. Tests set more, because they may run on a busy machine. */
const TIMEOUT_MS = Number(process.env["BENCH_PATIENCE_MS"] ?? 5_000);
const pools = new Map<string, ReaderPool>();

async function execute(id: number, order: Order): Promise<Answer> {
  switch (order.type) {
    case "open": {
      const pool = pools.get(order.row) ?? new ReaderPool(order.row, order.url);
      pools.set(order.row, pool);
      return { type: "opened", id, opening: await pool.open(order) };
    }
    case "run":
      return { type: "ran", id, seen: await runProgram(poolOf(order.row), order.program, TIMEOUT_MS) };
    case "close":
      poolOf(order.row).close();
      pools.delete(order.row);
      return { type: "closed", id };
  }
}

function poolOf(row: string): ReaderPool {
  const pool = pools.get(row);
  if (pool === undefined) throw new Error(`no readers are open for ${row}`);
  return pool;
}

function send(answer: Answer): void {
  process.send?.(answer);
}

process.on("message", (message) => {
  if (!isNumbered(message)) return;
  const { id, order } = message;
  execute(id, order).then(send, (error: unknown) => {
    send({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
  });
});
// The channel closes when the bench ends, however it ends.
process.on("disconnect", () => process.exit(0));
