const HUES = 8;

/** A colour of its own for a member, the same in every tab and visit. */
function hueOf(id: string): number {
  let hash = 0;
  for (const char of id) hash = (hash * 131 + (char.codePointAt(0) ?? 0)) % 65_521;
  return (hash >> 4) % HUES;
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}

/** A member's initials. A decoration: the name stands beside it. */
export function Avatar({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <span class={`avatar hue-${hueOf(id)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
