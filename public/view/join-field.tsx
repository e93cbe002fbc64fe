import type { ComponentChildren, Ref } from "preact";
import type { Problem } from "../model/refusal.ts";

interface Props {
  readonly name: "name" | "room" | "key";
  readonly label: string;
  readonly value: string;
  readonly problem: Problem | null;
  readonly input: Ref<HTMLInputElement>;
  readonly autocomplete: string;
  readonly hint?: string;
  readonly before?: ComponentChildren;
}

/** One field of the form, with what is wrong with it right below. */
export function JoinField({ name, label, value, problem, input, autocomplete, hint, before }: Props) {
  const wrong = problem?.field === name;
  return (
    <div class={`join-field ${wrong ? "wrong" : ""}`}>
      <label for={`join-${name}`}>{label}</label>
      <div class="join-input">
        {before}
        <input
          id={`join-${name}`}
          name={name}
          ref={input}
          type="text"
          defaultValue={value}
          autocomplete={autocomplete}
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={wrong}
          aria-describedby={`join-${name}-hint`}
        />
      </div>
      <p id={`join-${name}-hint`} class="hint" role={wrong ? "alert" : undefined}>
        {wrong ? problem.words : hint}
      </p>
    </div>
  );
}
