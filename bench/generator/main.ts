/** The load generator's process: opens readers and publishers, carries out programs, answers what it saw. Driven over IPC. */
import { Crew } from "./crew.ts";
import { type Answer, isNumbered, type Order } from "./messages.ts";
import { run } from "./run.ts";

/** Milliseconds after which a message counts as lost. Tests set more, because they may run on a busy machine. */
const PATIENCE_MS = Number(process.env["BENCH_PATIENCE_MS"] ?? 5_000);
const crews = new Map<string, Crew>();

async function obey(id: number, order: Order): Promise<Answer> {
  switch (order.type) {
    case "open": {
      const crew = crews.get(order.row) ?? new Crew(order.row, order.url);
      crews.set(order.row, crew);
      return { type: "opened", id, opening: await crew.open(order) };
    }
    case "run":
      return { type: "ran", id, seen: await run(crewOf(order.row), order.program, PATIENCE_MS) };
    case "close":
      crewOf(order.row).close();
      crews.delete(order.row);
      return { type: "closed", id };
  }
}

function crewOf(row: string): Crew {
  const crew = crews.get(row);
  if (crew === undefined) throw new Error(`no readers are open for ${row}`);
  return crew;
}

function answer(message: Answer): void {
  process.send?.(message);
}

process.on("message", (message) => {
  if (!isNumbered(message)) return;
  const { id, order } = message;
  obey(id, order).then(answer, (error: unknown) => {
    answer({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
  });
});
// The bench has ended, in whatever way.
process.on("disconnect", () => process.exit(0));
