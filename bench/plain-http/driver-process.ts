/** The process in which both tools run, on the load generator's CPU. Driven over IPC, one order at a time. */
import { byAutocannon } from "./by-autocannon.ts";
import { byOurs } from "./by-ours.ts";
import { type Answer, isNumbered, type Order, type Outcome } from "./messages.ts";

function obey(order: Order): Promise<Outcome> {
  switch (order.tool) {
    case "autocannon":
      return byAutocannon(order);
    case "ours":
      return byOurs(order);
  }
}

async function answerTo(id: number, order: Order): Promise<Answer> {
  const before = process.cpuUsage();
  try {
    const outcome = await obey(order);
    const { user, system } = process.cpuUsage(before);
    return { type: "done", id, outcome, cpu: (user + system) / 1_000 / outcome.elapsedMs };
  } catch (error) {
    return { type: "failed", id, message: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", async (message) => {
  if (isNumbered(message)) process.send?.(await answerTo(message.id, message.order));
});
// The bench has ended, in whatever way.
process.on("disconnect", () => process.exit(0));
