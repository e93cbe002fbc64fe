import { plainName } from "../../../src/chat/member-name.ts";

/** What the protocol says may pass, written a second time and in another way: schemas are held against it. */

/** Not for names: control, format, surrogates, line separators, and what nobody sees. */
const BAD_IN_NAMES = [
  /^\p{Cc}$/u,
  /^\p{Cf}$/u,
  /^\p{Cs}$/u,
  /^\p{Zl}$/u,
  /^\p{Zp}$/u,
  /^\p{DI}$/u,
  /^[\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]$/u,
  /^\p{NChar}$/u,
];
/** Join letters or emoji, or tell emoji from text, and alone are nothing. */
const JOINING = ["\u200c", "\u200d", "\ufe0e", "\ufe0f"];
const KEYCAP = "\u20e3";
const SEPARATOR = /^\p{Z}$/u;

/** PROTOCOL.md, section 11: what becomes of a name, or null where it is none. */
export function nameAsTaken(value: unknown): string | null {
  if (!isGoodName(value) || typeof value !== "string") return null;
  // What joins what is checked by cases, in test/security/names.test.ts: to say it twice would prove nothing.
  if ([...value, ...value.normalize("NFC")].some((character) => JOINING.includes(character) || KEYCAP === character)) {
    try {
      return plainName(value);
    } catch {
      return null;
    }
  }
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
  const seen = characters.filter((character) => !JOINING.includes(character));
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
