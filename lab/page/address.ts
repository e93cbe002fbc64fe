/** Addresses of the laboratory: which section a path opens, and the query and hash that link to what is shown. */
import { useSignalEffect } from "@preact/signals";

/** The sections of the laboratory, in the order of the navigation. `path` is relative to the server's address. */
export const SECTIONS = [
  { name: "race", path: "lab", title: "Race" },
  { name: "wire", path: "lab/wire", title: "Wire" },
  { name: "bench", path: "lab/bench", title: "Bench" },
  { name: "replay", path: "lab/replay", title: "Replay" },
] as const;

export type SectionName = (typeof SECTIONS)[number]["name"];

/** Derives the server's address from a section's. Both may begin with a path that a reverse proxy adds. */
export function serverOf(href: string): URL {
  const { origin, pathname } = new URL(href);
  const names = SECTIONS.map(({ path }) => path).join("|");
  return new URL(new RegExp(`^(/(?:.*/)?)(?:${names})/*$`).exec(pathname)?.[1] ?? "/", origin);
}

/** Returns the section that an address opens: the race if it names none. */
export function sectionOf(href: string): SectionName {
  const path = new URL(href).pathname.replace(/\/+$/, "");
  return SECTIONS.find((section) => path.endsWith(`/${section.path}`))?.name ?? "race";
}

/** Returns the address of a section. */
export function hrefOf(name: SectionName, server: URL): string {
  return new URL(SECTIONS.find((section) => section.name === name)?.path ?? "lab", server).href;
}

/** Returns the document's title for a section. */
export function titleOf(name: SectionName): string {
  return `${SECTIONS.find((section) => section.name === name)?.title ?? ""} · Skyrocket laboratory`;
}

/** Returns whether a click follows a link in this page. With a modifier key it opens a tab, window or download. */
export function isPlainClick({ button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent): boolean {
  return button === 0 && !metaKey && !ctrlKey && !shiftKey && !altKey;
}

/** Browsers allow a few hundred changes of the address per minute. */
const SETTLED_MS = 300;

/**
 * Keeps the page's address up to date, so that what is shown can be linked to. `follow` reads the signals it depends on
 * and returns the function that computes the address once they have not changed for SETTLED_MS.
 */
export function useAddress(follow: () => () => string): void {
  useSignalEffect(() => {
    const addressOf = follow();
    const timer = setTimeout(() => {
      const { pathname, search, hash } = location;
      const next = addressOf();
      if (next !== `${pathname}${search}${hash}`) history.replaceState(history.state, "", next);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  });
}
