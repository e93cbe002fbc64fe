import type { RefObject } from "preact";
import { useMemo } from "preact/hooks";
import { TransportPill } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import { HexRow } from "./hex-row.tsx";
import { rowsOf } from "./model/rows.ts";
import type { Found, Wire } from "./model/wire.ts";
import { SpanTable } from "./span-table.tsx";
import { useNarrow } from "./use-narrow.ts";
import { Windowed } from "./windowed.tsx";
import { bytes, laneTitle, sizeOf, transportOf } from "./words.ts";

const ROW_REM = 1.5;

interface BytesPanelProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
  readonly box: RefObject<HTMLElement | null>;
  /** Back to the list. */
  back(): void;
}

/** A passage's bytes, as hexadecimal digits and as text. */
export function BytesPanel({ wire, lanes, box, back }: BytesPanelProps) {
  const item = wire.selected.value;
  const sides = wire.sides.value;
  const narrow = useNarrow(box);
  const rows = useMemo(() => rowsOf(sides, narrow ? 8 : 16), [sides, narrow]);
  const selected = wire.span.value;
  const near = wire.near.value;
  const at = rows.findIndex(
    (row) =>
      row.kind === "bytes" &&
      row.side.direction === selected?.side.direction &&
      row.cells.some(({ span }) => span === selected.span),
  );
  return (
    <section class={item === null ? "wire-bytes wire-empty" : "wire-bytes"} aria-label="Bytes" ref={box}>
      {item === null ? (
        <p>Choose an exchange, an event or a frame, and its bytes are taken apart here.</p>
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
              "aria-label": "Bytes. The arrow keys go from span to span; what each one is stands beside them.",
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
              onMouseLeave: () => wire.glance(null),
            }}
            draw={(index) => {
              const row = rows[index];
              return (
                row && (
                  <HexRow
                    key={index}
                    row={row}
                    selected={spanIn(row.side.direction, selected)}
                    near={spanIn(row.side.direction, near)}
                    look={wire.look}
                    glance={wire.glance}
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

function spanIn(direction: string, found: Found | null) {
  return found?.side.direction === direction ? found.span : null;
}

/** How many spans a key goes on. */
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
        {item.passage.title}
        {item.passage.status !== 0 && ` ${item.passage.status}`}
      </h2>
      <p>
        <TransportPill transport={transport} title={laneTitle(lanes, item.connection.lane)} />
        <span class="figure">{`connection #${item.connection.number} · ${bytes(size.all)} · ${bytes(size.payload)} payload, ${bytes(size.all - size.payload)} overhead`}</span>
        <button type="button" class="link wire-back" onClick={back}>
          Back to the list
        </button>
      </p>
      <Scale payload={size.payload} all={size.all} />
    </header>
  );
}

/** Payload and overhead, to scale. */
function Scale({ payload, all }: { readonly payload: number; readonly all: number }) {
  return (
    <svg class="wire-scale" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="wire-scale-all" width="100" height="1" />
      <rect class="wire-scale-payload" width={all === 0 ? 0 : (payload / all) * 100} height="1" />
    </svg>
  );
}
