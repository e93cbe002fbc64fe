import { hex } from "../../../src/lab/anatomy/bytes.ts";
import type { Span } from "../../../src/lab/anatomy/index.ts";
import { asciiOf, type Cell, type Row } from "./model/rows.ts";
import type { Spot } from "./model/wire.ts";
import { bytes } from "./words.ts";

interface HexRowProps {
  readonly row: Row;
  readonly selected: Span | null;
  look(spot: Spot): void;
}

/** One row of bytes. For eyes alone: the table below says the same in words. */
export function HexRow({ row, selected, look }: HexRowProps) {
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
    const chosen =
      selected !== null && span.from === selected.from && span.to === selected.to && span.label === selected.label;
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the group around it has the keys
      <span
        key={`${what}${from}`}
        class={`p-${span.purpose}${chosen ? " chosen" : ""}${startsRead ? " starts" : ""}`}
        title={span.label}
        onClick={() => look({ direction: side.direction, offset: from })}
      >
        {text}
      </span>
    );
  }
}
