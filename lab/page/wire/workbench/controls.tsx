import { opcodeName } from "../../../engine/decoder/ws-frame.ts";
import type { Draft } from "./draft.ts";
import { KeyField } from "./key-field.tsx";
import { READY_MADE } from "./ready-made.ts";

const OPCODES = [0, 1, 2, 8, 9, 10, 3, 11];
/** Where the length changes its form, and the bytes on either side. */
const LENGTHS = [125, 126, 65_535, 65_536];

interface ControlsProps {
  readonly draft: Draft;
  newKey(): Uint8Array;
}

/** What the frame says, and what its head's bits are. */
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
          onClick={draft.cut}
        >
          Cut in two frames
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
          says="Compressed, if that was agreed on"
          on={(rsv & 4) !== 0}
          set={(on) => draft.change({ rsv: on ? rsv | 4 : rsv & 3 })}
        />
        <Bit
          name="RSV2"
          says="Kept for extensions"
          on={(rsv & 2) !== 0}
          set={(on) => draft.change({ rsv: on ? rsv | 2 : rsv & 5 })}
        />
        <Bit
          name="RSV3"
          says="Kept for extensions"
          on={(rsv & 1) !== 0}
          set={(on) => draft.change({ rsv: on ? rsv | 1 : rsv & 6 })}
        />
        <Bit
          name="MASK"
          says="A client has to, a server must not"
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
        <legend>Ready-made, right and wrong</legend>
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
