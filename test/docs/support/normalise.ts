/** What differs from run to run, and what stands for it on both sides of a comparison. Lengths are kept where bytes count. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\r\n/g, "\n"],
  [/^(date: ).*$/gim, "$1…"],
  [/"at":\d{13}/g, '"at":1767225600000'],
  [/"retryAfterMs":\d+/g, '"retryAfterMs":0'],
  [/"session":"[^"]+"/g, '"session":"…"'],
  [/"epoch":"[0-9a-z]{8}"/g, '"epoch":"k3v9x0qa"'],
  [/\b[0-9a-z]{8}-(\d+)\b/g, "k3v9x0qa-$1"],
  [/"id":"m[0-9a-z]{10}"/g, '"id":"mx4k2p9a1z0"'],
];

/** The text with everything that differs from run to run replaced by one stand-in. */
export function normalise(text: string): string {
  return VARIABLE.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
