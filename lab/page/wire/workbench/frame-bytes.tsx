import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { hex } from "../../../engine/decoder/bytes.ts";
import { PURPOSES } from "../../../engine/decoder/index.ts";
import { useTyped } from "../../shell/use-typed.ts";
import { HexRow } from "../hex-row.tsx";
import { indexOfSpan, rowsOf } from "../model/rows.ts";
import { useNarrow } from "../use-narrow.ts";
import { Windowed } from "../windowed.tsx";
import type { Draft } from "./draft.ts";

/** A frame of more bytes is shown, and not edited byte by byte. */
const EDITED = 2_048;

/** The frame's bytes, to be looked at and to be edited. */
export function FrameBytes({ draft }: { readonly draft: Draft }) {
  const bytes = draft.bytes.value;
  const typed = useTyped(hex(bytes.subarray(0, EDITED)));
  const wrong = useSignal(false);
  const offset = useSignal(0);
  const box = useRef<HTMLElement>(null);
  const narrow = useNarrow(box);
  const [side] = draft.sides.value;
  if (side === undefined) return null;
  const rows = rowsOf([side], narrow ? 8 : 16).slice(1);
  const span = side.spans[Math.min(indexOfSpan(side.spans, offset.value), side.spans.length - 1)];
  return (
    <section class="bench-bytes" aria-label="The frame's bytes" ref={box}>
      <p class="figure" role="status">
        {draft.says.value}
      </p>
      <Windowed
        count={rows.length}
        rowRem={1.5}
        attributes={{
          class: "wire-hex",
          role: "group",
          tabIndex: 0,
          "aria-label": "Bytes of the frame. Left and right arrow go from part to part.",
          onKeyDown: (event) => {
            const at = side.spans.findIndex(({ from }) => from === span?.from);
            const next = side.spans[event.key === "ArrowRight" ? at + 1 : event.key === "ArrowLeft" ? at - 1 : -1];
            if (next === undefined) return;
            event.preventDefault();
            offset.value = next.from;
          },
        }}
        draw={(index) => {
          const row = rows[index];
          return (
            row && (
              <HexRow key={index} row={row} selected={span ?? null} look={(spot) => (offset.value = spot.offset)} />
            )
          );
        }}
      />
      <label class="bench-text">
        <span>
          {bytes.length > EDITED
            ? `The bytes (to be edited up to ${EDITED.toLocaleString("en")} of them)`
            : "The bytes, to be edited"}
        </span>
        <textarea
          class="bench-hex"
          rows={4}
          spellcheck={false}
          disabled={bytes.length > EDITED}
          aria-invalid={wrong.value}
          value={typed.shown}
          onInput={({ currentTarget: { value } }) => {
            typed.keep(value);
            wrong.value = !draft.setHex(value);
          }}
          onBlur={() => {
            typed.drop();
            wrong.value = false;
          }}
        />
      </label>
      {wrong.value && <p class="wire-wrong">Two digits from 0 to f per byte.</p>}
      {span !== undefined && (
        <div class="bench-span" aria-live="polite">
          <h2>{span.label}</h2>
          <p>
            <span class={`wire-purpose p-${span.purpose}`}>{PURPOSES[span.purpose].title}</span> {span.explanation}
          </p>
          <dl class="wire-fields">
            {(span.fields ?? []).map(({ name, value, explanation }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <code>{value}</code> <span class="wire-soft">{explanation}</span>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </section>
  );
}
