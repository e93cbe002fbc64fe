import type { ReadonlySignal } from "@preact/signals";

/** How many characters are left, near the limit only. */
export function Counter({ left }: { readonly left: ReadonlySignal<number | null> }) {
  const rest = left.value;
  const words = rest === null ? "" : rest < 0 ? `${-rest} too many` : `${rest} left`;
  return (
    <span class="counter" id="counter">
      {words}
    </span>
  );
}
