import { concat, hex, latin1 } from "../../engine/decoder/bytes.ts";
import { chunkAt, PURPOSES, type Span } from "../../engine/decoder/index.ts";
import { CommandBox } from "./command-box.tsx";
import { Handshake } from "./handshake.tsx";
import { checksOf } from "./model/check.ts";
import type { Side } from "./model/shown.ts";
import type { Found, Wire } from "./model/wire.ts";
import { bytes, seconds } from "./words.ts";

/** Bytes of a span that its panel repeats. */
const REPEATED = 64;

interface SpanPanelProps {
  readonly wire: Wire;
  readonly server: URL;
  /** The room that the lanes are in. */
  readonly room: string;
  /** Whether the server of this run is there to be asked. */
  readonly live: boolean;
}

/** What the selected bytes are, and how to see the same elsewhere. */
export function SpanPanel({ wire, server, room, live }: SpanPanelProps) {
  const item = wire.selected.value;
  const found = wire.span.value;
  const told = wire.near.value ?? found;
  const sides = wire.sides.value;
  if (item === null) return <aside class="wire-span wire-empty" aria-label="Explanation" />;
  const checks = checksOf(item.passage.kind, sides, found?.span ?? null, { server, room });
  return (
    <aside class="wire-span" aria-label="Explanation">
      <div aria-live="polite">{told !== null && <Explanation {...told} />}</div>
      <Handshake sides={sides} />
      {checks.length > 0 && (
        <section class="wire-checks" aria-labelledby="wire-checks">
          <h3 id="wire-checks">Check it yourself</h3>
          {!live && (
            <p class="wire-soft">In a saved run sessions are replaced: what needs one is answered by 401 or 404.</p>
          )}
          {checks.map((check) => (
            <CommandBox key={check.command} {...check} />
          ))}
        </section>
      )}
    </aside>
  );
}

function Explanation({ side, span }: Found) {
  const { title } = PURPOSES[span.purpose];
  const read = chunkAt(side.reads, span.from);
  const number = read === undefined ? 0 : side.reads.indexOf(read) + 1;
  return (
    <>
      <h3>{span.label}</h3>
      <p>
        <span class={`wire-purpose p-${span.purpose}`}>{title}</span>
        <span class="wire-soft figure">{` ${bytes(span.to - span.from)}, from byte ${span.from.toLocaleString("en")} ${side.direction}`}</span>
      </p>
      <p>{span.explanation}</p>
      {span.source !== undefined && <p class="wire-soft">{span.source}</p>}
      {span.fields !== undefined && span.fields.length > 0 && (
        <dl class="wire-fields">
          {span.fields.map(({ name, value, explanation }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
                {explanation !== undefined && <span class="wire-soft"> {explanation}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Raw side={side} span={span} />
      {read !== undefined && (
        <p class="wire-soft figure">
          {`Came in read ${number} of ${side.reads.length}, at ${seconds(read.at)}`}
          {read.heldMs >= 0.5 && `, ${Math.round(read.heldMs)} ms of which the weather held it`}.
        </p>
      )}
    </>
  );
}

function Raw({ side, span: { from, to } }: { readonly side: Side; readonly span: Span }) {
  const end = Math.min(to, from + REPEATED);
  const parts = side.pieces.flatMap((piece) =>
    "bytes" in piece ? [piece.bytes.subarray(Math.max(0, from - piece.from), Math.max(0, end - piece.from))] : [],
  );
  const raw = concat(parts);
  const more = to - from > raw.length ? " …" : "";
  return (
    <p class="wire-raw">
      <code>{hex(raw) + more}</code>
      <code>
        {latin1(raw)
          .replaceAll("\r", "␍")
          .replaceAll("\n", "␊")
          .replace(/[^\x20-\x7e␍␊]/g, "·") + more}
      </code>
    </p>
  );
}
