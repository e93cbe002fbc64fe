import { useSignal } from "@preact/signals";

/** The text in a form field: the field's value, or what is being typed instead. */
interface Typed {
  readonly shown: string;
  keep(text: string): void;
  /** Shows the value again. Called when the field is left. */
  drop(): void;
}

/** Keeps typed text while the component renders. Otherwise each render would replace it with the field's value. */
export function useTyped(value: string): Typed {
  const typed = useSignal<string | null>(null);
  return {
    shown: typed.value ?? value,
    keep: (text) => {
      typed.value = text;
    },
    drop: () => {
      typed.value = null;
    },
  };
}
