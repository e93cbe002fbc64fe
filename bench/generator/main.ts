/** The load generator's process: opens readers and publishers, runs programs and answers what it observed, over IPC. */
import { executeOrders } from "../measure/worker-process.ts";
import type { Answer, Order } from "./messages.ts";
import { runProgram } from "./programs.ts";
import { ReaderPool } from "./reader-pool.ts";

/** Milliseconds after which a message counts as lost. Tests set more, because they may run on a busy machine. */
const TIMEOUT_MS = Number(process.env["BENCH_PATIENCE_MS"] ?? 5_000);
const pools = new Map<string, ReaderPool>();

async function execute(order: Order): Promise<Answer> {
  switch (order.type) {
    case "open": {
      const pool = pools.get(order.row) ?? new ReaderPool(order.row, order.url);
      pools.set(order.row, pool);
      return { type: "opened", opening: await pool.open(order) };
    }
    case "run":
      return { type: "ran", seen: await runProgram(poolOf(order.row), order.program, TIMEOUT_MS) };
    case "close":
      poolOf(order.row).close();
      pools.delete(order.row);
      return { type: "closed" };
  }
}

function poolOf(row: string): ReaderPool {
  const pool = pools.get(row);
  if (pool === undefined) throw new Error(`no readers are open for ${row}`);
  return pool;
}

executeOrders(execute);
