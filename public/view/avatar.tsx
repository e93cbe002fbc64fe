const HUES = 8;

/** A name's colour: the same in every tab and at every visit, which a member's id is not. */
function hueOf(name: string): number {
  let hash = 0;
  for (const char of name) hash = (hash * 137 + (char.codePointAt(0) ?? 0)) % 65_521;
  return (hash >> 2) % HUES;
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}

/** A member's initials. A decoration: the name stands beside it. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span class={`avatar hue-${hueOf(name)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
