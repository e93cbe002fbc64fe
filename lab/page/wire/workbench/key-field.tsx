import { useTyped } from "../../shell/use-typed.ts";
import { type Draft, keyText } from "./draft.ts";

const PAIR = /[0-9a-f]{2}/gi;
const KEY_BYTES = 4;

/** The masking key, taken as soon as it is whole. */
export function KeyField({ draft }: { readonly draft: Draft }) {
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
