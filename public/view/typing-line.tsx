import { typingWords } from "../model/typists.ts";
import { useRoom } from "./context.ts";

/** Who is typing; keeps its height when nobody is, so that the talk doesn't jump. */
export function TypingLine() {
  const words = typingWords(useRoom().typists.list.value.map(({ name }) => name));
  return (
    <p class={`typing ${words === "" ? "" : "busy"}`} aria-live="off">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {words}
    </p>
  );
}
