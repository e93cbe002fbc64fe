import { signal } from "@preact/signals";
import type { Shelf } from "./shelf.ts";

const ORDER = ["system", "light", "dark"] as const;
export type Theme = (typeof ORDER)[number];

const KEY = "theme";

function isTheme(text: string | null): text is Theme {
  return ORDER.some((theme) => theme === text);
}

/** The page's theme, remembered on `shelf`; static/theme.js sets the same before the first paint. */
export function createTheme(shelf: Shelf, root: HTMLElement) {
  const kept = shelf.get(KEY);
  const theme = signal<Theme>(isTheme(kept) ? kept : "system");

  function set(next: Theme): void {
    theme.value = next;
    shelf.set(KEY, next === "system" ? null : next);
    if (next === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
  }

  return {
    theme,
    /** From system to light to dark and round again. */
    next: () => set(ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? "system"),
  };
}

export type ThemeControl = ReturnType<typeof createTheme>;
