import fc from "fast-check";
import { ConnectionDecoder, type Span, splitOf } from "../../../lab/engine/decoder/index.ts";
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

/** Decodes a conversation. Returns all its spans, unfinished ones included, and its messages. */
function decode(talk: readonly Sent[]) {
  const spans: Record<Direction, Span[]> = { up: [], down: [] };
  const connection = new ConnectionDecoder({ onSpan: (direction, span) => spans[direction].push(span) });
  for (const { direction, bytes } of talk) connection.feed(direction, bytes);
  for (const direction of ["up", "down"] as const) {
    const rest = connection.unfinished(direction);
    if (rest !== null) spans[direction].push(rest.span);
  }
  return { connection, spans, messages: connection.messages.map((message) => ({ ...message })) };
}

export const decoder = target({
  name: "decoder",
  what: "the lab's byte decoder: every byte is in one span, however the bytes are split",
  input: fc.record({ talk: fc.array(sent, { minLength: 1, maxLength: 4 }), at: cuts }),
  open: () => ({
    try: ({ talk, at }) => {
      const { connection, spans, messages } = decode(talk);
      for (const direction of ["up", "down"] as const) {
        const length = talk.reduce((sum, piece) => sum + (piece.direction === direction ? piece.bytes.length : 0), 0);
        let next = 0;
        for (const { from, to, label, explanation } of spans[direction]) {
          if (from !== next || to <= from) throw new Finding("wrong", `${direction}: ${from}–${to} follows ${next}`);
          if (label === "" || explanation === "") throw new Finding("wrong", `${direction}: a span explains nothing`);
          next = to;
        }
        if (next !== length) throw new Finding("wrong", `${direction}: ${next} of ${length} bytes are explained`);
        const split = connection.split(direction);
        if (JSON.stringify(split) !== JSON.stringify(splitOf(spans[direction])))
          throw new Finding("wrong", `${direction}: payload and overhead are ${JSON.stringify(split)}`);
      }
      const pieces = talk.flatMap(({ direction, bytes }) =>
        cutUp(bytes, at).map((piece) => ({ direction, bytes: piece })),
      );
      const cut = decode(pieces);
      if (JSON.stringify([cut.spans, cut.messages]) !== JSON.stringify([spans, messages]))
        throw new Finding("wrong", "the result depends on how the bytes are split");
      return [...new Set(messages.map(({ kind }) => kind))].toSorted().join(", ") || "nothing";
    },
  }),
});
