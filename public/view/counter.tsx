import type { ReadonlySignal } from "@preact/signals";
import { count } from "../model/format.ts";

/** Near the limit, how many characters are left or too many. */
export function Counter({ left }: { readonly left: ReadonlySignal<number | null> }) {
  const rest = left.value;
  const words =
    rest === null ? "" : rest < 0 ? `${count(-rest, "character")} too many` : `${count(rest, "character")} left`;
  return (
    <p class={`counter ${rest !== null && rest < 0 ? "over" : ""}`} id="counter">
      {words}
    </p>
  );
}
