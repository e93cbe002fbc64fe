/** A process that runs many readers. Its argument is the server's address. */
import { executeOrders } from "../../bench/measure/worker-process.ts";
import { Crowd } from "./crowd.ts";
import type { Answer, Order } from "./orders.ts";

const url = new URL(process.argv[2] ?? "");
const crowds: Crowd[] = [];

executeOrders(async (order: Order): Promise<Answer> => {
  switch (order.type) {
    case "join": {
      const crowd = new Crowd(order.transport, url, order.from);
      crowds.push(crowd);
      await crowd.join(order.count);
      return { readers: crowds.reduce((sum, { size }) => sum + size, 0), faults: [] };
    }
    case "received": {
      const readers = crowds.reduce((sum, each) => sum + each.received(order.message), 0);
      return { readers, faults: crowds.flatMap(({ faults }) => faults.splice(0)) };
    }
    case "leave":
      for (const crowd of crowds) await crowd.leave();
      return { readers: 0, faults: [] };
  }
});
