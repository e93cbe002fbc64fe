import { describeInvalid, isOrder, ORDER_BYTES } from "../../../lab/engine/orders.ts";
import { anyOrder } from "../arbitraries/orders.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

export const orders = target({
  name: "orders",
  what: "the lab's orders: their validation and its messages",
  input: anyOrder,
  open: () => ({
    try: (given) => {
      const text = JSON.stringify(given) ?? "null";
      const value: unknown = JSON.parse(text);
      if (isOrder(value)) {
        if (Buffer.byteLength(text) > ORDER_BYTES + 64_000) throw new Finding("wrong", "an order has no bound");
        return "order";
      }
      const fault = describeInvalid(value);
      if (fault === "" || fault.includes("\n")) throw new Finding("wrong", `the fault is ${JSON.stringify(fault)}`);
      return "refused";
    },
  }),
});
