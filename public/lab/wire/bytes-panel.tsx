import { useEffect, useMemo, useState } from "preact/hooks";
import type { RunLane } from "../../../src/lab/run.ts";
import { Pill } from "../../view/sign.tsx";
import { HexRow } from "./hex-row.tsx";
import { rowsOf } from "./model/rows.ts";
import type { Wire } from "./model/wire.ts";
import { SpanTable } from "./span-table.tsx";
import { Windowed } from "./windowed.tsx";
import { bytes, laneTitle, sizeOf, transportOf } from "./words.ts";

const ROW_REM = 1.5;
/** Narrower than this, a row has 8 bytes. */
const NARROW = "(max-width: 700px)";

interface BytesPanelProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
}

/** A passage's bytes, as hexadecimal digits and as text. */
export function BytesPanel({ wire, lanes }: BytesPanelProps) {
  const item = wire.selected.value;
  const sides = wire.sides.value;
  const narrow = useMedia(NARROW);
  const rows = useMemo(() => rowsOf(sides, narrow ? 8 : 16), [sides, narrow]);
  if (item === null) {
    return (
      <section class="wire-bytes wire-empty" aria-label="Bytes">
        <p>Choose an exchange, an event or a frame, and its bytes are taken apart here.</p>
      </section>
    );
  }
  const selected = wire.span.value;
  const spot = wire.spot.value;
  const at = rows.findIndex(
    (row) =>
      row.kind === "bytes" &&
      row.side.direction === spot?.direction &&
      row.cells.some(({ span }) => span === selected?.span),
  );
  const size = sizeOf(item);
  const transport = transportOf(lanes, item.connection.lane) ?? "";
  return (
    <section class="wire-bytes" aria-label="Bytes">
      <header class="wire-head">
        <h2>
          {item.passage.title}
          {item.passage.status !== 0 && ` ${item.passage.status}`}
        </h2>
        <p>
          <Pill transport={transport} title={laneTitle(lanes, item.connection.lane)} />
          <span class="figure">{`connection #${item.connection.number} · ${bytes(size.all)} · ${bytes(size.payload)} payload, ${bytes(size.all - size.payload)} overhead`}</span>
        </p>
        <Scale payload={size.payload} all={size.all} />
      </header>
      <Windowed
        count={rows.length}
        rowRem={ROW_REM}
        shown={at < 0 ? null : at}
        attributes={{
          class: "wire-hex",
          role: "group",
          tabIndex: 0,
          "aria-label": "Bytes. Left and right arrow go from span to span; what each one is stands beside them.",
          onKeyDown: (event) => {
            if (event.key === "ArrowRight" || event.key === "ArrowDown") wire.step(1);
            else if (event.key === "ArrowLeft" || event.key === "ArrowUp") wire.step(-1);
            else return;
            event.preventDefault();
          },
        }}
        draw={(index) => {
          const row = rows[index];
          return row && <HexRow key={index} row={row} selected={selected?.span ?? null} look={wire.look} />;
        }}
      />
      <SpanTable wire={wire} sides={sides} />
    </section>
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

/** Whether a media query holds, and from then on whenever it changes. */
function useMedia(query: string): boolean {
  const media = useMemo(() => matchMedia(query), [query]);
  const [holds, setHolds] = useState(media.matches);
  useEffect(() => {
    const look = (): void => setHolds(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [media]);
  return holds;
}
