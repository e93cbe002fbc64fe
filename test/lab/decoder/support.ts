import { ConnectionDecoder, type Span, type WireMessage } from "../../../lab/engine/decoder/index.ts";
import type { Direction } from "../../../lab/engine/weather.ts";

/** Bytes of one direction, or the number of bytes that were not recorded. */
export interface Sent {
  readonly direction: Direction;
  readonly bytes: Uint8Array | number;
}

export interface Decoded {
  readonly decoder: ConnectionDecoder;
  /** All spans of each direction in order, unfinished ones included. */
  readonly spans: Readonly<Record<Direction, readonly Span[]>>;
}

export function decode(sent: readonly Sent[]): Decoded {
  const spans: Record<Direction, Span[]> = { up: [], down: [] };
  const decoder = new ConnectionDecoder({ onSpan: (direction, span) => spans[direction].push(span) });
  for (const { direction, bytes } of sent) {
    if (typeof bytes === "number") decoder.skip(direction, bytes);
    else decoder.feed(direction, bytes);
  }
  for (const direction of ["up", "down"] as const) {
    const rest = decoder.unfinished(direction);
    if (rest !== null) spans[direction].push(rest.span);
  }
  return { decoder, spans };
}

export function up(text: string | Uint8Array): Sent {
  return { direction: "up", bytes: typeof text === "string" ? Buffer.from(text) : text };
}

export function down(text: string | Uint8Array): Sent {
  return { direction: "down", bytes: typeof text === "string" ? Buffer.from(text) : text };
}

/** Returns label and text of each span. */
export function read(spans: readonly Span[], sent: string): string[] {
  const bytes = Buffer.from(sent);
  return spans.map(({ label, from, to }) => `${label} | ${bytes.toString("utf8", from, to)}`);
}

export function titles(messages: readonly WireMessage[]): string[] {
  return messages.map(({ title, status }) => (status === 0 ? title : `${title} ${status}`));
}
