import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useMemo } from "preact/hooks";
import { TransportPill } from "../../../public/view/transports.tsx";
import { hex, latin1 } from "../../engine/decoder/bytes.ts";
import { PURPOSES, type Span } from "../../engine/decoder/index.ts";
import type { RunLane } from "../../engine/run.ts";
import { bytesText } from "../format.ts";
import { asciiOf, type Cell, type Row, rowsOf, type Side } from "./model/message-bytes.ts";
import type { BytePosition, FoundSpan, Wire } from "./model/wire-state.ts";
import { useNarrow, Windowed } from "./windowed.tsx";
import { laneTitle, sizeOf, transportOf } from "./wire-text.ts";

const ROW_REM = 1.5;

interface BytesPanelProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
  readonly box: RefObject<HTMLElement | null>;
  /** Back to the list. */
  back(): void;
}

/** Shows a message's bytes as hexadecimal digits, as text, and as a table. */
export function BytesPanel({ wire, lanes, box, back }: BytesPanelProps) {
  const item = wire.selected.value;
  const sides = wire.sides.value;
  const narrow = useNarrow(box);
  const rows = useMemo(() => rowsOf(sides, narrow ? 8 : 16), [sides, narrow]);
  const selected = wire.span.value;
  const hovered = wire.hovered.value;
  const at = rows.findIndex(
    (row) =>
      row.kind === "bytes" &&
      row.side.direction === selected?.side.direction &&
      row.cells.some(({ span }) => span === selected.span),
  );
  return (
    <section class={item === null ? "wire-bytes wire-empty" : "wire-bytes"} aria-label="Bytes" ref={box}>
      {item === null ? (
        <p>Choose an exchange, an event or a frame to see its bytes explained.</p>
      ) : (
        <>
          <Head wire={wire} lanes={lanes} back={back} />
          <Windowed
            count={rows.length}
            rowRem={ROW_REM}
            shown={at < 0 ? null : at}
            attributes={{
              class: "wire-hex",
              role: "group",
              tabIndex: 0,
              "aria-label": "Bytes. The arrow keys move from span to span. Each span is explained beside them.",
              onKeyDown: (event) => {
                if (event.key === "Escape") {
                  back();
                  return;
                }
                const by = stepOf(event.key);
                if (by === null) return;
                wire.step(by);
                event.preventDefault();
              },
              onMouseLeave: () => wire.hover(null),
            }}
            draw={(index) => {
              const row = rows[index];
              return (
                row && (
                  <HexRow
                    key={index}
                    row={row}
                    selected={spanIn(row.side.direction, selected)}
                    hovered={spanIn(row.side.direction, hovered)}
                    selectSpan={wire.selectSpan}
                    hover={wire.hover}
                  />
                )
              );
            }}
          />
          <SpanTable wire={wire} sides={sides} />
        </>
      )}
    </section>
  );
}

function spanIn(direction: string, found: FoundSpan | null) {
  return found?.side.direction === direction ? found.span : null;
}

/** Returns by how many spans a key moves the selection, or null if it doesn't. */
function stepOf(key: string): number | null {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return 1;
    case "ArrowLeft":
    case "ArrowUp":
      return -1;
    case "Home":
      return Number.NEGATIVE_INFINITY;
    case "End":
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

function Head({ wire, lanes, back }: Omit<BytesPanelProps, "box">) {
  const item = wire.selected.value;
  if (item === null) return null;
  const size = sizeOf(item);
  const transport = transportOf(lanes, item.connection.lane) ?? "";
  return (
    <header class="wire-head">
      <h2>
        {item.message.title}
        {item.message.status !== 0 && ` ${item.message.status}`}
      </h2>
      <p>
        <TransportPill transport={transport} title={laneTitle(lanes, item.connection.lane)} />
        <span class="figure">{`connection #${item.connection.number} · ${bytesText(size.all)} · ${bytesText(size.payload)} payload, ${bytesText(size.all - size.payload)} overhead`}</span>
        <button type="button" class="link wire-back" onClick={back}>
          Back to the list
        </button>
      </p>
      <Scale payload={size.payload} all={size.all} />
    </header>
  );
}

/** Draws payload and overhead to scale. */
function Scale({ payload, all }: { readonly payload: number; readonly all: number }) {
  return (
    <svg class="wire-scale" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="wire-scale-all" width="100" height="1" />
      <rect class="wire-scale-payload" width={all === 0 ? 0 : (payload / all) * 100} height="1" />
    </svg>
  );
}

interface HexRowProps {
  readonly row: Row;
  readonly selected: Span | null;
  /** The span under the pointer. */
  readonly hovered?: Span | null;
  /** Selects the span with this byte. */
  selectSpan(spot: BytePosition): void;
  hover?(spot: BytePosition): void;
}

/** One row of bytes. Screen readers use the table below instead. */
export function HexRow({ row, selected, hovered = null, selectSpan, hover }: HexRowProps) {
  const { side } = row;
  switch (row.kind) {
    case "side": {
      const reads = side.reads.length === 1 ? "one read" : `${side.reads.length} reads`;
      return (
        <div class="wire-side">
          <b>{side.direction === "up" ? "↑ up, to the server" : "↓ down, to the client"}</b>
          <span class="figure">{` · ${bytesText(side.to - side.from)} in ${reads}`}</span>
        </div>
      );
    }
    case "missing":
      return <div class="wire-row wire-missing">{`${bytesText(row.missing)} not recorded`}</div>;
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
      same(span, hovered) ? " near" : "",
      startsRead ? " starts" : "",
    ].join("");
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the group around it has the keys
      <span
        key={`${what}${from}`}
        class={`p-${span.purpose}${marks}`}
        title={span.label}
        onClick={() => selectSpan({ direction: side.direction, offset: from })}
        onMouseEnter={() => hover?.({ direction: side.direction, offset: from })}
      >
        {text}
      </span>
    );
  }
}

/** Compares by value: spans are created again whenever their message grows. */
function same(one: Span, other: Span | null): boolean {
  return other !== null && one.from === other.from && one.to === other.to && one.label === other.label;
}

/** Rows of the table. Of a message with more spans, the first ones are shown. */
const MAX_TABLE_ROWS = 300;
/** Characters of a span's bytes in a row of the table. */
const MAX_TEXT_CHARACTERS = 60;

interface SpanTableProps {
  readonly wire: Wire;
  readonly sides: readonly Side[];
}

/** The same bytes as a table. */
function SpanTable({ wire, sides }: SpanTableProps) {
  const open = useSignal(false);
  const chosen = wire.span.value;
  const hovered = wire.hovered.value;
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
          <table onMouseLeave={() => wire.hover(null)}>
            <thead>
              <tr>
                <th scope="col">direction</th>
                <th scope="col">offset</th>
                <th scope="col">bytes</th>
                <th scope="col">what</th>
                <th scope="col">purpose</th>
                <th scope="col">text</th>
              </tr>
            </thead>
            <tbody>
              {all.slice(0, MAX_TABLE_ROWS).map(({ side, span }) => (
                <tr
                  key={`${side.direction}${span.from}`}
                  class={span === hovered?.span ? "near" : ""}
                  aria-current={span === chosen?.span}
                  onMouseEnter={() => wire.hover({ direction: side.direction, offset: span.from })}
                >
                  <td>{side.direction}</td>
                  <td class="figure">{span.from}</td>
                  <td class="figure">{span.to - span.from}</td>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      onFocus={() => wire.hover({ direction: side.direction, offset: span.from })}
                      onBlur={() => wire.hover(null)}
                      onClick={() => wire.selectSpan({ direction: side.direction, offset: span.from })}
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
          {all.length > MAX_TABLE_ROWS && (
            <p>{`The first ${MAX_TABLE_ROWS} of ${all.length.toLocaleString("en")} spans.`}</p>
          )}
        </div>
      )}
    </details>
  );
}

function textOf(side: Side, { from, to }: Span): string {
  let text = "";
  for (const piece of side.pieces) {
    if (!("bytes" in piece) || text.length > MAX_TEXT_CHARACTERS) continue;
    text += latin1(piece.bytes.subarray(Math.max(0, from - piece.from), Math.max(0, to - piece.from)));
  }
  const shown = text.slice(0, MAX_TEXT_CHARACTERS).replaceAll("\r", "␍").replaceAll("\n", "␊");
  return text.length > MAX_TEXT_CHARACTERS ? `${shown}…` : shown;
}
