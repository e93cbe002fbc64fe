import { useSignal } from "@preact/signals";
import { latin1 } from "../../engine/decoder/bytes.ts";
import { PURPOSES, type Span } from "../../engine/decoder/index.ts";
import type { Side } from "./model/shown.ts";
import type { Wire } from "./model/wire.ts";

/** Rows of the table; of a longer passage the first ones are listed. */
const ROWS = 300;
/** Characters of a span's bytes in it. */
const CHARACTERS = 60;

interface SpanTableProps {
  readonly wire: Wire;
  readonly sides: readonly Side[];
}

/** The same bytes as a table. */
export function SpanTable({ wire, sides }: SpanTableProps) {
  const open = useSignal(false);
  const chosen = wire.span.value;
  const near = wire.near.value;
  const all = sides.flatMap((side) => side.spans.map((span) => ({ side, span })));
  return (
    <details
      class="wire-table"
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open;
      }}
    >
      <summary>{`As a table: ${all.length.toLocaleString("en")} spans`}</summary>
      {open.value && (
        <div class="wire-table-box">
          <table onMouseLeave={() => wire.glance(null)}>
            <thead>
              <tr>
                <th scope="col">way</th>
                <th scope="col">offset</th>
                <th scope="col">bytes</th>
                <th scope="col">what</th>
                <th scope="col">purpose</th>
                <th scope="col">text</th>
              </tr>
            </thead>
            <tbody>
              {all.slice(0, ROWS).map(({ side, span }) => (
                <tr
                  key={`${side.direction}${span.from}`}
                  class={span === near?.span ? "near" : ""}
                  aria-current={span === chosen?.span}
                  onMouseEnter={() => wire.glance({ direction: side.direction, offset: span.from })}
                >
                  <td>{side.direction}</td>
                  <td class="figure">{span.from}</td>
                  <td class="figure">{span.to - span.from}</td>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      onFocus={() => wire.glance({ direction: side.direction, offset: span.from })}
                      onBlur={() => wire.glance(null)}
                      onClick={() => wire.look({ direction: side.direction, offset: span.from })}
                    >
                      {span.label}
                    </button>
                  </th>
                  <td>{PURPOSES[span.purpose].title}</td>
                  <td>
                    <code>{textOf(side, span)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {all.length > ROWS && <p>{`The first ${ROWS} of ${all.length.toLocaleString("en")} spans.`}</p>}
        </div>
      )}
    </details>
  );
}

function textOf(side: Side, { from, to }: Span): string {
  let text = "";
  for (const piece of side.pieces) {
    if (!("bytes" in piece) || text.length > CHARACTERS) continue;
    text += latin1(piece.bytes.subarray(Math.max(0, from - piece.from), Math.max(0, to - piece.from)));
  }
  const shown = text.slice(0, CHARACTERS).replaceAll("\r", "␍").replaceAll("\n", "␊");
  return text.length > CHARACTERS ? `${shown}…` : shown;
}
