import { firstGrapheme } from "../model/text.ts";

/** Shows a member's initials. It is decorative: the name is next to it. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span class={`avatar hue-${hueOf(name)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** Returns the first letters of the first and the last word. A last word that is a number gives its last two digits. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  const end = /^\d+$/.test(last) ? last.slice(-2) : firstGrapheme(last);
  return (firstGrapheme(words[0] ?? "") + end).toLocaleUpperCase();
}

const HUES = 8;

/** Returns the number of a name's color. Unlike a member's id, the name is the same in every tab and on every visit. */
function hueOf(name: string): number {
  // FNV-1a: names that differ in one digit get different colors.
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 16) ^ hash) & (HUES - 1);
}
