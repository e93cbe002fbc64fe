import { firstGrapheme } from "../model/text.ts";

const HUES = 8;

/** A name's colour: the same in every tab and at every visit, which a member's id is not. */
function hueOf(name: string): number {
  // FNV-1a: names that differ in one digit get colours of their own.
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 16) ^ hash) & (HUES - 1);
}

/** The first letter of the first word and of the last; of a number its last two digits, as in "Student 12". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  const end = /^\d+$/.test(last) ? last.slice(-2) : firstGrapheme(last);
  return (firstGrapheme(words[0] ?? "") + end).toLocaleUpperCase();
}

/** A member's initials. A decoration: the name stands beside it. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span class={`avatar hue-${hueOf(name)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
