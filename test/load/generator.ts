/** A process full of readers, with its server's address as the one argument. */
import { Crowd } from "./crowd.ts";
import { type Answer, isNumbered, type Order } from "./orders.ts";

const url = new URL(process.argv[2] ?? "");
const crowds: Crowd[] = [];

async function obey(order: Order): Promise<Answer> {
  switch (order.type) {
    case "join": {
      const crowd = new Crowd(order.transport, url, order.from);
      crowds.push(crowd);
      await crowd.join(order.count);
      return { type: "joined", readers: crowds.reduce((sum, { size }) => sum + size, 0) };
    }
    case "heard": {
      const readers = crowds.reduce((sum, crowd) => sum + crowd.heard(order.message), 0);
      return { type: "heard", readers, faults: crowds.flatMap(({ faults }) => faults.splice(0)) };
    }
    case "leave":
      for (const crowd of crowds) await crowd.leave();
      return { type: "left" };
  }
}

process.on("message", (message) => {
  if (!isNumbered<Order>(message)) return;
  const { id, content } = message;
  obey(content)
    .catch((error: unknown): Answer => ({ type: "failed", message: String(error) }))
    .then((answer) => process.send?.({ id, content: answer }))
    .catch(() => process.exit(1));
});
// Whoever started it has ended.
process.on("disconnect", () => process.exit(0));
