/** A stretch of a message: text as it is, or an address that may be followed. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

const ADDRESS = /\bhttps?:\/\/[^\s<>"`]+/giu;
const CLOSERS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

function countIn(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** Takes the punctuation off that ends the sentence rather than the address, and brackets opened outside of it. */
function trimAddress(address: string): string {
  // Counted once and kept up: a text of nothing but brackets must not take the square of its length.
  const excess = new Map(
    Object.entries(CLOSERS).map(([closer, opener]) => [closer, countIn(address, closer) - countIn(address, opener)]),
  );
  let end = address.length;
  while (end > 0) {
    const last = address.charAt(end - 1);
    const unopened = excess.get(last) ?? 0;
    if (unopened <= 0 && !/[.,;:!?'*_~]/.test(last)) break;
    if (unopened > 0) excess.set(last, unopened - 1);
    end -= 1;
  }
  return address.slice(0, end);
}

/** The address if it is http or https and well-formed; null otherwise. */
function safeHref(address: string): string | null {
  const url = URL.parse(address);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url.href : null;
}

/** Splits a message into text and http(s) links. Joined again the pieces are the message, character for character. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimAddress(match[0]);
    const href = safeHref(address);
    if (href === null) continue;
    if (match.index > end) found.push({ kind: "text", text: text.slice(end, match.index) });
    found.push({ kind: "link", text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ kind: "text", text: text.slice(end) });
  return found;
}

/** Length as the protocol counts it. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Whether there is anything to see in it. */
export function isBlank(text: string): boolean {
  return text.trim() === "";
}
