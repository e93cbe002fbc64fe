/** The load generator's process: opens readers and publishers, broadcasts, and answers what it saw. Driven over IPC. */
import { type Crew, openCrew } from "./crew.ts";
import { type Answer, isOrder, type Order } from "./messages.ts";
import { run } from "./run.ts";

const PATIENCE_MS = 5_000;
const crews = new Map<string, Crew>();

async function obey(order: Order): Promise<Answer> {
  switch (order.type) {
    case "open":
      crews.set(order.row, await openCrew(order));
      return { type: "opened" };
    case "run":
      return { type: "ran", seen: await run(crewOf(order.row), { ...order, patienceMs: PATIENCE_MS }) };
    case "close":
      crewOf(order.row).close();
      crews.delete(order.row);
      return { type: "closed" };
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

process.on("message", (order) => {
  if (!isOrder(order)) return;
  obey(order).then(answer, (error: unknown) => {
    answer({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});
// The bench has ended, in whatever way.
process.on("disconnect", () => process.exit(0));
