/** Splits a message into text, links and code, and measures texts as people and the protocol count them. */

/** A part of a message. The joined `source`s of all parts are the message, character for character. */
export type Piece =
  | { readonly kind: "text"; readonly source: string }
  | { readonly kind: "link"; readonly source: string; readonly href: string }
  /** Between back-ticks. */
  | { readonly kind: "code"; readonly source: string; readonly code: string }
  /** Between two lines of at least three back-ticks. */
  | { readonly kind: "block"; readonly source: string; readonly code: string };

/**
 * An address ends at the next space, quote or angle bracket. Beyond ASCII, punctuation ends it too: Chinese and Japanese
 * sentences have no space before their full stop. So do invisible characters, except the joiners that Persian and
 * Sinhala words need.
 */
const ADDRESS = /\bhttps?:\/\/(?:[^\p{ASCII}\p{P}\p{Z}\p{C}\p{DI}]|[\u200c\u200d]|[!#-;=?-_a-z{|}~])+/giu;
const CLOSERS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const FENCE = /^ {0,3}(`{3,})[^`\n]*$/;

/** Splits a message into text, http(s) links, inline code and fenced code. No other Markdown is supported. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let plain = "";
  const lines = text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const longestAfter = closersAfter(lines);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const opening = FENCE.exec(line.trimEnd())?.[1]?.length ?? 0;
    if (opening === 0 || (longestAfter[index] ?? 0) < opening) {
      plain += line;
      continue;
    }
    let last = index + 1;
    while (closingLength(lines[last] ?? "") < opening) last += 1;
    const code = lines.slice(index + 1, last).join("");
    const source = lines.slice(index, last + 1).join("");
    if (isBlank(code)) {
      plain += source;
    } else {
      addTo(found, spansIn(plain));
      found.push({ kind: "block", source, code: code.replace(/\r?\n$/, "") });
      plain = "";
    }
    index = last;
  }
  addTo(found, spansIn(plain));
  return found;
}

/** Counts code points, as the protocol's limits do. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Whether a text has nothing visible: only spaces, control characters, and characters that Unicode ignores in display. */
export function isBlank(text: string): boolean {
  return !/[^\s\p{Z}\p{Cc}\p{DI}\u2800\ufff9-\ufffb]/u.test(text);
}

/** Returns the first character as people see it: a flag, a family, a letter with its marks. Empty for an empty text. */
export function firstGrapheme(text: string): string {
  if (GRAPHEMES === null) return CLUSTER.exec(text)?.[0] ?? "";
  for (const { segment } of GRAPHEMES.segment(text)) return segment;
  return "";
}

function countIn(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** Removes punctuation that ends the sentence, not the address, and closing brackets that the address didn't open. */
function trimAddress(address: string): string {
  // Counted once, then updated: a text of nothing but brackets must not take quadratic time.
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

/** Returns the address if it is well-formed http or https, or null. */
function safeHref(address: string): string | null {
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** Splits a text without code into text and http(s) links. */
function linksIn(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimAddress(match[0]);
    const href = safeHref(address);
    if (href === null) continue;
    if (match.index > end) found.push({ kind: "text", source: text.slice(end, match.index) });
    found.push({ kind: "link", source: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ kind: "text", source: text.slice(end) });
  return found;
}

/** Not `push(...added)`: arguments are bounded by the stack. */
function addTo(found: Piece[], added: readonly Piece[]): void {
  for (const piece of added) found.push(piece);
}

/** Removes one space at each end. It separates the delimiters from back-ticks in the code. */
function withoutPadding(code: string): string {
  return code.startsWith(" ") && code.endsWith(" ") ? code.slice(1, -1) : code;
}

/** Splits lines at inline code: from a run of back-ticks to the next run of the same length on the same line. */
function spansIn(text: string): readonly Piece[] {
  const runs = [...text.matchAll(/`+|\n/g)].map((match) => ({ at: match.index, mark: match[0] }));
  // Backwards, so that each run finds its partner in one step.
  const partner = new Map<number, number>();
  const next = new Map<string, number>();
  for (const [index, { mark }] of [...runs.entries()].reverse()) {
    if (mark === "\n") {
      next.clear();
      continue;
    }
    const closing = next.get(mark);
    if (closing !== undefined) partner.set(index, closing);
    next.set(mark, index);
  }
  const found: Piece[] = [];
  let end = 0;
  for (let index = 0; index < runs.length; index += 1) {
    const opening = runs[index];
    const closing = runs[partner.get(index) ?? -1];
    if (opening === undefined || closing === undefined) continue;
    const code = text.slice(opening.at + opening.mark.length, closing.at);
    if (isBlank(code)) continue;
    const after = closing.at + closing.mark.length;
    addTo(found, linksIn(text.slice(end, opening.at)));
    found.push({ kind: "code", source: text.slice(opening.at, after), code: withoutPadding(code) });
    end = after;
    index = partner.get(index) ?? index;
  }
  addTo(found, linksIn(text.slice(end)));
  return found;
}

/**
 * Returns for each line the longest closing fence after it: an opening fence that nothing closes is text. Computed
 * backwards, so that a text of nothing but opening fences takes linear time.
 */
function closersAfter(lines: readonly string[]): readonly number[] {
  const after: number[] = [];
  let longest = 0;
  for (const line of [...lines].reverse()) {
    after.push(longest);
    longest = Math.max(longest, closingLength(line));
  }
  return after.reverse();
}

/** Returns the number of back-ticks in a line that can close a fence, or 0 if it can't close one. */
function closingLength(line: string): number {
  return /^ {0,3}(`{3,})\s*$/.exec(line)?.[1]?.length ?? 0;
}

const GRAPHEMES =
  typeof Intl.Segmenter === "function" ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
/** For browsers without a segmenter: keeps joined characters and combining marks together. */
const CLUSTER = /^(?:\p{RI}{2}|.[\p{M}\p{EMod}\u{e0020}-\u{e007f}]*(?:\u200d.[\p{M}\p{EMod}]*)*)/su;
