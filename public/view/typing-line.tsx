import type { ComponentChildren } from "preact";
import { useRoom } from "./context.ts";

/** "Ada is typing…". Each name keeps its own direction. */
function wordsFor(names: readonly string[]): ComponentChildren {
  const [first, second] = names;
  if (first === undefined) return null;
  if (names.length > 2) return "Several people are typing…";
  if (second === undefined) {
    return (
      <span>
        <bdi>{first}</bdi> is typing…
      </span>
    );
  }
  return (
    <span>
      <bdi>{first}</bdi> and <bdi>{second}</bdi> are typing…
    </span>
  );
}

/** Who is typing; keeps its height when nobody is, so that the talk doesn't jump. */
export function TypingLine() {
  const names = useRoom().typists.list.value.map(({ name }) => name);
  return (
    <p class={`typing ${names.length === 0 ? "" : "busy"}`} aria-live="off">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {wordsFor(names)}
    </p>
  );
}
