import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Theme, ThemeControl } from "../model/theme.ts";
import { Icon } from "./icon.tsx";

export const ThemeContext = createContext<ThemeControl | null>(null);

const WORDS: Readonly<Record<Theme, string>> = {
  system: "Theme: as the system. Change to light",
  light: "Theme: light. Change to dark",
  dark: "Theme: dark. Change to the system's",
};

/** From the system's theme to light to dark and round again. */
export function ThemeToggle() {
  const control = useContext(ThemeContext);
  if (control === null) return null;
  const theme = control.theme.value;
  return (
    <button type="button" class="icon-button" aria-label={WORDS[theme]} title={WORDS[theme]} onClick={control.next}>
      <Icon name={theme} />
    </button>
  );
}
