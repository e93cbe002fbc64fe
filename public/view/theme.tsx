/** The page's theme: system, light or dark, and the button that changes it. */
import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { KeyValueStore } from "../model/storage.ts";
import { Icon } from "./icons.tsx";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEY = "theme";

/** Creates the theme, kept in `store`. static/theme.js has applied the saved one already, before the first paint. */
export function createTheme(store: KeyValueStore, root: HTMLElement) {
  const saved = store.get(KEY);
  const theme = signal<Theme>(THEMES.find((name) => name === saved) ?? "system");

  function set(next: Theme): void {
    theme.value = next;
    store.set(KEY, next === "system" ? null : next);
    if (next === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
  }

  return {
    theme,
    /** Cycles from system to light to dark. */
    next: () => set(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system"),
  };
}

export const ThemeContext = createContext<ReturnType<typeof createTheme> | null>(null);

const LABELS: Readonly<Record<Theme, string>> = {
  system: "Theme: system. Change to light",
  light: "Theme: light. Change to dark",
  dark: "Theme: dark. Change to system",
};

/** Cycles through the themes. */
export function ThemeToggle() {
  const control = useContext(ThemeContext);
  if (control === null) return null;
  const theme = control.theme.value;
  return (
    <button type="button" class="icon-button" aria-label={LABELS[theme]} title={LABELS[theme]} onClick={control.next}>
      <Icon name={theme} />
    </button>
  );
}
