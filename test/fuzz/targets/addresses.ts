import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { callerKey, inRanges, isRange } from "../../../src/server/rate-limits.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

const address = fc.oneof(
  { weight: 3, arbitrary: fc.ipV4() },
  { weight: 4, arbitrary: fc.ipV6() },
  { weight: 1, arbitrary: fc.ipV4().map((text) => `::ffff:${text}`) },
  { weight: 1, arbitrary: fc.constantFrom("::", "::1", "fe80::1%eth0", "1::", "::1.2.3.4", "0.0.0.0") },
  { weight: 1, arbitrary: junk },
);
const any = fc.oneof({ weight: 3, arbitrary: address }, { weight: 1, arbitrary: mutated(address) });
const range = fc.tuple(any, fc.option(fc.integer({ min: 0, max: 140 }), { nil: null })).map(([text, bits]) => {
  return bits === null ? text : `${text}/${bits}`;
});

export const addresses = target({
  name: "addresses",
  what: "who calls, as a proxy tells it: addresses, ranges, and which of them are one caller",
  input: fc.record({ one: any, range }),
  open: () => ({
    try: ({ one, range: given }) => {
      const key = callerKey(one);
      if (isIP(one) === 0) {
        if (key !== "unknown") throw new Finding("wrong", `${JSON.stringify(one)} is taken for the caller ${key}`);
      } else if (isIP(one) === 6 && !one.includes("%") && !/^::ffff:[0-9.]+$/i.test(one)) {
        const [subnet = "", bits] = key.split("/");
        const list = new BlockList();
        if (isIP(subnet) !== 6 || bits !== "64") throw new Finding("wrong", `${one} has the caller ${key}`);
        list.addSubnet(subnet, 64, "ipv6");
        if (!list.check(one, "ipv6")) throw new Finding("wrong", `${one} is not in its caller's ${key}`);
      }
      if (!isRange(given)) return "no range";
      inRanges([given])(one);
      return isIP(one) === 0 ? "no address" : "address";
    },
  }),
});
