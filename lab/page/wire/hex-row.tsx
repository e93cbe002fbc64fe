import { hex } from "../../engine/decoder/bytes.ts";
import type { Span } from "../../engine/decoder/index.ts";
import { asciiOf, type Cell, type Row } from "./model/rows.ts";
import type { Spot } from "./model/wire.ts";
import { bytes } from "./words.ts";

interface HexRowProps {
  readonly row: Row;
  readonly selected: Span | null;
  /** The span that is glanced at. */
  readonly near?: Span | null;
  look(spot: Spot): void;
  glance?(spot: Spot): void;
}

/** One row of bytes. For eyes alone: the table below says the same in words. */
export function HexRow({ row, selected, near = null, look, glance }: HexRowProps) {
  const { side } = row;
  switch (row.kind) {
    case "side": {
      const reads = side.reads.length === 1 ? "one read" : `${side.reads.length} reads`;
      return (
        <div class="wire-side">
          <b>{side.direction === "up" ? "↑ up, to the server" : "↓ down, to the client"}</b>
          <span class="figure">{` · ${bytes(side.to - side.from)} in ${reads}`}</span>
        </div>
      );
    }
    case "missing":
      return <div class="wire-row wire-missing">{`${bytes(row.missing)} not recorded`}</div>;
    case "bytes":
      return (
        <div class="wire-row" aria-hidden="true">
          <span class="wire-offset">{row.from.toString(16).padStart(4, "0")}</span>
          <span class="wire-digits">{row.cells.map((cell) => draw(cell, hex(cell.bytes), "digits"))}</span>
          <span class="wire-text">{row.cells.map((cell) => draw(cell, asciiOf(cell.bytes), "text"))}</span>
        </div>
      );
  }

  function draw({ from, span, startsRead }: Cell, text: string, what: string) {
    const marks = [
      same(span, selected) ? " chosen" : "",
      same(span, near) ? " near" : "",
      startsRead ? " starts" : "",
    ].join("");
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the group around it has the keys
      <span
        key={`${what}${from}`}
        class={`p-${span.purpose}${marks}`}
        title={span.label}
        onClick={() => look({ direction: side.direction, offset: from })}
        onMouseEnter={() => glance?.({ direction: side.direction, offset: from })}
      >
        {text}
      </span>
    );
  }
}

/** Spans are made anew whenever their passage grows. */
function same(one: Span, other: Span | null): boolean {
  return other !== null && one.from === other.from && one.to === other.to && one.label === other.label;
}
