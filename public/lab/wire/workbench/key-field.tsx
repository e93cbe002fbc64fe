import { useSignal } from "@preact/signals";
import { type Draft, keyText } from "./draft.ts";

const PAIR = /[0-9a-f]{2}/gi;
const KEY_BYTES = 4;

/**
 * The masking key. What is being typed is kept here until the field is left: a redraw, as when a lane opens, would put
 * the frame's key in its place.
 */
export function KeyField({ draft }: { readonly draft: Draft }) {
  const typed = useSignal<string | null>(null);
  const head = draft.head.value;
  return (
    <label>
      <span>masking key</span>
      <input
        type="text"
        class="figure"
        size={11}
        disabled={head?.mask == null}
        value={typed.value ?? keyText(head)}
        onInput={({ currentTarget: { value } }) => {
          typed.value = value;
          const pairs = value.match(PAIR) ?? [];
          if (pairs.length !== KEY_BYTES) return;
          draft.change({ mask: Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)) });
        }}
        onBlur={() => {
          typed.value = null;
        }}
      />
    </label>
  );
}
