import fc from "fast-check";
import { formatCursor, isCursor, isEpoch, parseCursor } from "../../../src/protocol/cursor.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

const good = fc
  .tuple(fc.stringMatching(/^[0-9a-z]{1,8}$/), fc.integer({ min: 0, max: 999_999_999_999_999 }))
  .map(([epoch, seq]) => `${epoch}-${seq}`);

/** Written a second time, without a regular expression. */
function isGood(text: string): boolean {
  const [epoch = "", seq = "", ...others] = text.split("-");
  if (others.length > 0 || seq.length > 15 || epoch.length < 1 || epoch.length > 8) return false;
  return (
    [...epoch].every((c) => "0123456789abcdefghijklmnopqrstuvwxyz".includes(c)) &&
    Number.isInteger(Number(seq)) &&
    String(Number(seq)) === seq
  );
}

export const cursor = target({
  name: "cursor",
  what: "parseCursor, isCursor, formatCursor",
  input: fc.oneof({ weight: 3, arbitrary: mutated(good) }, { weight: 1, arbitrary: junk }),
  open: () => ({
    try: (text) => {
      const position = parseCursor(text);
      if ((position !== null) !== isGood(text) || isCursor(text) !== isGood(text))
        throw new Finding("wrong", `${JSON.stringify(text)} is taken for ${JSON.stringify(position)}`);
      if (position === null) return "null";
      if (!isEpoch(position.epoch) || !Number.isSafeInteger(position.seq))
        throw new Finding("wrong", `${text} was taken apart into ${JSON.stringify(position)}`);
      if (formatCursor(position.epoch, position.seq) !== text)
        throw new Finding("wrong", `${text} is put together again as another`);
      return "cursor";
    },
  }),
});
