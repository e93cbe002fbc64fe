import fc from "fast-check";
import { Dissector, type Span, splitOf } from "../../../lab/engine/anatomy/index.ts";
import type { Direction } from "../../../lab/engine/weather.ts";
import { cutUp } from "../../support/arbitrary.ts";
import { cuts } from "../arbitraries/bytes.ts";
import { anyDown, anyUp } from "../arbitraries/talks.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

interface Sent {
  readonly direction: Direction;
  readonly bytes: Buffer;
}

const sent: fc.Arbitrary<Sent> = fc.oneof(
  anyUp.map((bytes): Sent => ({ direction: "up", bytes })),
  anyDown.map((bytes): Sent => ({ direction: "down", bytes })),
);

/** All spans of a talk, those that are not whole included, and its passages. */
function explain(talk: readonly Sent[]) {
  const spans: Record<Direction, Span[]> = { up: [], down: [] };
  const dissector = new Dissector({ told: (direction, span) => spans[direction].push(span) });
  for (const { direction, bytes } of talk) dissector.feed(direction, bytes);
  for (const direction of ["up", "down"] as const) {
    const rest = dissector.unfinished(direction);
    if (rest !== null) spans[direction].push(rest.span);
  }
  return { dissector, spans, passages: dissector.passages.map((passage) => ({ ...passage })) };
}

export const anatomy = target({
  name: "anatomy",
  what: "the laboratory's explanation of bytes: every byte in one span, wherever they are cut",
  input: fc.record({ talk: fc.array(sent, { minLength: 1, maxLength: 4 }), at: cuts }),
  open: () => ({
    try: ({ talk, at }) => {
      const { dissector, spans, passages } = explain(talk);
      for (const direction of ["up", "down"] as const) {
        const length = talk.reduce((sum, piece) => sum + (piece.direction === direction ? piece.bytes.length : 0), 0);
        let next = 0;
        for (const { from, to, label, explanation } of spans[direction]) {
          if (from !== next || to <= from) throw new Finding("wrong", `${direction}: ${from}–${to} follows ${next}`);
          if (label === "" || explanation === "") throw new Finding("wrong", `${direction}: a span says nothing`);
          next = to;
        }
        if (next !== length) throw new Finding("wrong", `${direction}: ${next} of ${length} bytes are explained`);
        const split = dissector.split(direction);
        if (JSON.stringify(split) !== JSON.stringify(splitOf(spans[direction])))
          throw new Finding("wrong", `${direction}: payload and overhead are told as ${JSON.stringify(split)}`);
      }
      const pieces = talk.flatMap(({ direction, bytes }) =>
        cutUp(bytes, at).map((piece) => ({ direction, bytes: piece })),
      );
      const cut = explain(pieces);
      if (JSON.stringify([cut.spans, cut.passages]) !== JSON.stringify([spans, passages]))
        throw new Finding("wrong", "it depends on where the bytes are cut");
      return [...new Set(passages.map(({ kind }) => kind))].toSorted().join(", ") || "nothing";
    },
  }),
});
