import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { hex } from "../../../engine/decoder/bytes.ts";
import { PURPOSES } from "../../../engine/decoder/index.ts";
import { opcodeName } from "../../../engine/decoder/ws-frame.ts";
import { useTyped } from "../../shell/use-typed.ts";
import { HexRow } from "../bytes-view.tsx";
import { indexOfSpan, rowsOf } from "../model/message-bytes.ts";
import { useNarrow, Windowed } from "../windowed.tsx";
import { type Draft, keyText } from "./frame-draft.ts";
import { READY_MADE } from "./ready-made-frames.ts";

const OPCODES = [0, 1, 2, 8, 9, 10, 3, 11];
/** Payload lengths on either side of the two limits at which the length field grows. */
const LENGTHS = [125, 126, 65_535, 65_536];

interface ControlsProps {
  readonly draft: Draft;
  newKey(): Uint8Array;
}

/** Edits the frame's payload and the bits of its head. */
export function Controls({ draft, newKey }: ControlsProps) {
  const head = draft.head.value;
  const masked = head?.mask != null;
  const rsv = head?.rsv ?? 0;
  return (
    <section class="bench-controls" aria-label="The frame's parts">
      <label class="bench-text">
        <span>Payload as text</span>
        <textarea
          rows={4}
          value={draft.text.value}
          spellcheck={false}
          onInput={({ currentTarget: { value } }) => draft.setText(value)}
        />
      </label>
      <fieldset class="bench-lengths">
        <legend>Bytes of payload</legend>
        {LENGTHS.map((length) => (
          <button
            key={length}
            type="button"
            class="quiet-button figure"
            aria-pressed={draft.payload.value.length === length}
            onClick={() => draft.change({ payload: new Uint8Array(length).fill(0x61) })}
          >
            {length.toLocaleString("en")}
          </button>
        ))}
        <button
          type="button"
          class="quiet-button"
          title="Two frames of one message: the first without FIN, the second of opcode 0"
          onClick={draft.split}
        >
          Split into two frames
        </button>
      </fieldset>
      <div class="bench-bits">
        <Bit
          name="FIN"
          says="The message ends with this frame"
          on={head?.fin ?? true}
          set={(fin) => draft.change({ fin })}
        />
        <Bit
          name="RSV1"
          says="Compressed, if negotiated"
          on={(rsv & 4) !== 0}
          set={(on) => draft.change({ rsv: on ? rsv | 4 : rsv & 3 })}
        />
        <Bit
          name="RSV2"
          says="Reserved for extensions"
          on={(rsv & 2) !== 0}
          set={(on) => draft.change({ rsv: on ? rsv | 2 : rsv & 5 })}
        />
        <Bit
          name="RSV3"
          says="Reserved for extensions"
          on={(rsv & 1) !== 0}
          set={(on) => draft.change({ rsv: on ? rsv | 1 : rsv & 6 })}
        />
        <Bit
          name="MASK"
          says="Required from a client, forbidden for a server"
          on={masked}
          set={(on) => draft.change({ mask: on ? newKey() : null })}
        />
        <label>
          <span>opcode</span>
          <select
            value={head?.opcode ?? 1}
            onChange={({ currentTarget: { value } }) => draft.change({ opcode: Number(value) })}
          >
            {[...new Set([...OPCODES, head?.opcode ?? 1])].map((opcode) => (
              <option key={opcode} value={opcode}>{`${opcode} ${opcodeName(opcode)}`}</option>
            ))}
          </select>
        </label>
        <KeyField draft={draft} />
      </div>
      <fieldset class="bench-lengths">
        <legend>Ready-made, valid and invalid</legend>
        {READY_MADE.map(({ name, says, make }) => (
          <button
            key={name}
            type="button"
            class="quiet-button"
            title={says}
            onClick={() => {
              draft.bytes.value = make(newKey());
            }}
          >
            {name}
          </button>
        ))}
      </fieldset>
    </section>
  );
}

interface BitProps {
  readonly name: string;
  readonly says: string;
  readonly on: boolean;
  set(on: boolean): void;
}

function Bit({ name, says, on, set }: BitProps) {
  return (
    <label class="bench-bit" title={says}>
      <input type="checkbox" checked={on} onChange={({ currentTarget: { checked } }) => set(checked)} />
      <span>{name}</span>
    </label>
  );
}

const PAIR = /[0-9a-f]{2}/gi;
const KEY_BYTES = 4;

/** Edits the masking key. A key is applied to the frame once all four bytes are typed. */
function KeyField({ draft }: { readonly draft: Draft }) {
  const head = draft.head.value;
  const typed = useTyped(keyText(head));
  return (
    <label>
      <span>masking key</span>
      <input
        type="text"
        class="figure"
        size={11}
        disabled={head?.mask == null}
        value={typed.shown}
        onInput={({ currentTarget: { value } }) => {
          typed.keep(value);
          const pairs = value.match(PAIR) ?? [];
          if (pairs.length !== KEY_BYTES) return;
          draft.change({ mask: Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)) });
        }}
        onBlur={typed.drop}
      />
    </label>
  );
}

/** A longer frame is shown but can't be edited byte by byte. */
const MAX_EDITABLE_BYTES = 2_048;

/** Shows the frame's bytes, and edits them. */
export function FrameBytes({ draft }: { readonly draft: Draft }) {
  const bytes = draft.bytes.value;
  const typed = useTyped(hex(bytes.subarray(0, MAX_EDITABLE_BYTES)));
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
          "aria-label": "Bytes of the frame. The left and right arrow keys move from part to part.",
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
              <HexRow
                key={index}
                row={row}
                selected={span ?? null}
                selectSpan={(spot) => (offset.value = spot.offset)}
              />
            )
          );
        }}
      />
      <label class="bench-text">
        <span>
          {bytes.length > MAX_EDITABLE_BYTES
            ? `Bytes (editable up to ${MAX_EDITABLE_BYTES.toLocaleString("en")})`
            : "Bytes"}
        </span>
        <textarea
          class="bench-hex"
          rows={4}
          spellcheck={false}
          disabled={bytes.length > MAX_EDITABLE_BYTES}
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
