/** What the protocol says may pass, written a second time and in another way: schemas are held against it. */

/** Not for names: control, format, surrogates, line separators, and what nobody sees. */
const BAD_IN_NAMES = [/^\p{Cc}$/u, /^\p{Cf}$/u, /^\p{Cs}$/u, /^\p{Zl}$/u, /^\p{Zp}$/u, /^\p{DI}$/u, /^\u2800$/u];
/** Tell emoji from text, and alone are nothing. */
const VARIATIONS = ["\ufe0e", "\ufe0f"];
const SEPARATOR = /^\p{Z}$/u;

/** PROTOCOL.md, section 11: what becomes of a name, or null where it is none. */
export function nameAsTaken(value: unknown): string | null {
  if (!isGoodName(value) || typeof value !== "string") return null;
  const words = [...value.normalize("NFC")].map((character) => (SEPARATOR.test(character) ? " " : character)).join("");
  const taken = words
    .split(" ")
    .filter((word) => word !== "")
    .join(" ");
  return [...taken].length <= 32 ? taken : null;
}

/** Whether it may be asked for as a name. */
export function isGoodName(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const characters = [...value];
  if (characters.length < 1 || characters.length > 32) return false;
  const seen = characters.filter((character) => !VARIATIONS.includes(character));
  if (seen.some((character) => BAD_IN_NAMES.some((bad) => bad.test(character)))) return false;
  return seen.some((character) => !SEPARATOR.test(character));
}

/** A message's text: 1–4,000 code points, no lone surrogate. */
export function isGoodText(value: unknown): boolean {
  if (typeof value !== "string" || !value.isWellFormed()) return false;
  const count = [...value].length;
  return count >= 1 && count <= 4_000;
}

/** A command's id: 1–64 code points, no lone surrogate. */
export function isGoodId(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed() && value !== "" && [...value].length <= 64;
}

export function isGoodRoom(value: unknown): boolean {
  if (typeof value !== "string" || value.length < 1 || value.length > 64 || value.startsWith("-")) return false;
  return [...value].every((c) => (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c === "-");
}

/** Whether parsed JSON is a command. */
export function isGoodCommand(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { type, id, text, ...others } = Object.fromEntries(Object.entries(value));
  if (Object.keys(others).length > 0) return false;
  switch (type) {
    case "say":
      return isGoodId(id) && isGoodText(text);
    case "typing":
    case "leave":
      return isGoodId(id) && !("text" in value);
    case "alive":
      return !("id" in value) && !("text" in value);
    default:
      return false;
  }
}
