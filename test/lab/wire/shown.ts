import { concat, hex } from "../../../lab/engine/decoder/bytes.ts";
import type { Entry, RunLane } from "../../../lab/engine/run.ts";
import type { Direction } from "../../../lab/engine/weather.ts";
import { createRecorder, type Recorder } from "../../../lab/page/model/recorder.ts";
import { asciiOf, rowsOf, type Side, shownOf } from "../../../lab/page/wire/model/message-bytes.ts";
import type { Item } from "../../../lab/page/wire/model/wire-record.ts";
import { createWire, type Wire } from "../../../lab/page/wire/model/wire-state.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { Carried } from "../support/carried.ts";

/** The lanes of the page. */
export const LANES: readonly RunLane[] = clientTransports
  .toReversed()
  .map(({ name: transport }, lane) => ({ lane, transport, naive: false }));

/** Behind all that a test records: the playhead is at the end. */
const END_MS = 1e9;

/** The page's own models of a run and of its wire view, fed with `entries` whenever it is refreshed. */
export function wireOf(entries: readonly Entry[]): {
  readonly wire: Wire;
  readonly playback: Recorder;
  refresh(): void;
} {
  const playback = createRecorder(() => END_MS);
  playback.begin(0, 1, LANES);
  const wire = createWire(playback);
  let taken = 0;
  const refresh = (): void => {
    playback.addAll(entries.slice(taken));
    taken = entries.length;
    playback.tick(16);
    wire.refresh();
  };
  refresh();
  return { wire, playback, refresh };
}

/** The sides of an item as the page shows them. */
export function sidesOf(wire: Wire, item: Item): readonly Side[] {
  return shownOf(wire.record, item, END_MS);
}

/**
 * What the view's rows of bytes hold, put together connection by connection. Throws where digits, text or spans would
 * say anything else than the bytes of their row.
 */
export function displayed(wire: Wire, lane: number): Carried[] {
  const connections = new Map<number, Record<Direction, Buffer[]>>();
  for (const item of wire.items.peek()) {
    if (item.connection.lane !== lane) continue;
    const { number } = item.connection;
    const carried = connections.get(number) ?? { up: [], down: [] };
    connections.set(number, carried);
    for (const row of rowsOf(sidesOf(wire, item), 16)) {
      if (row.kind === "missing") throw new Error(`${row.missing} bytes of connection ${number} are not shown`);
      if (row.kind === "side") continue;
      for (const cell of row.cells) {
        if (cell.from < cell.span.from || cell.from + cell.bytes.length > cell.span.to)
          throw new Error(`the span ${cell.span.label} does not hold its own bytes`);
      }
      const digits = row.cells.map(({ bytes }) => hex(bytes)).join(" ");
      const bytes = Buffer.from(digits.replaceAll(" ", ""), "hex");
      if (row.cells.map((cell) => asciiOf(cell.bytes)).join("") !== asciiOf(bytes))
        throw new Error(`digits and text differ in the row at ${row.from}`);
      const { length } = concat(carried[row.side.direction]);
      if (row.from !== length) throw new Error(`the row of byte ${row.from} stands where ${length} should`);
      carried[row.side.direction].push(bytes);
    }
  }
  return [...connections.values()].map(({ up, down }) => ({ up: Buffer.concat(up), down: Buffer.concat(down) }));
}
