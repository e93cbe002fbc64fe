import { useSignal } from "@preact/signals";

/** What a field shows: its value, or what is being typed into it. */
interface Typed {
  readonly shown: string;
  keep(text: string): void;
  /** The field was left, or what was typed has been taken. */
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
