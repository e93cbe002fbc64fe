import { describe, expect, test } from "vitest";
import { freshRoom } from "../support/ids.ts";
import { join, useServer } from "./support.ts";

const server = useServer({ rateLimit: false });

async function nameOf(name: string): Promise<string | number> {
  const { status, body } = await join(server(), { room: freshRoom(), name });
  return status === 201 ? JSON.parse(body).member.name : status;
}

describe("names that look like another's", () => {
  test.each([
    ["in another normal form", "Ame\u0301lie", "Am\u00e9lie"],
    ["with a no-break space", "Ada\u00a0Lovelace", "Ada Lovelace"],
    ["with an em space", "Ada\u2003Lovelace", "Ada Lovelace"],
    ["with an ideographic space", "Ada\u3000Lovelace", "Ada Lovelace"],
    ["with three spaces of three kinds", "Ada \u2009\u202fLovelace", "Ada Lovelace"],
    ["with a space in front", " Ada", "Ada"],
    ["with a space behind", "Ada\u2002", "Ada"],
    ["with a Kelvin sign for a K", "\u212aate", "Kate"],
    ["with the style an emoji has anyway", "\u{1f600}\ufe0f", "\u{1f600}"],
    ["with the style of text, which an emoji like this has anyway", "\u2764\ufe0e", "\u2764"],
    ["with a style for a digit", "Ada 1\ufe0f", "Ada 1"],
    ["with a style between an emoji and its tone", "\u261d\ufe0f\u{1f3fd}", "\u261d\u{1f3fd}"],
    ["with a sequence of emoji that lacks a style", "\u2764\u200d\u{1f525}", "\u2764\ufe0f\u200d\u{1f525}"],
    ["with a style missing at the end of a sequence", "\u{1f3c3}\u200d\u2642", "\u{1f3c3}\u200d\u2642\ufe0f"],
    ["with a keycap that lacks its style", "1\u20e3", "1\ufe0f\u20e3"],
  ])("%s become that name", async (_what, given, seen) => {
    expect(await nameOf(given)).toBe(seen);
  });

  test.each([
    ["a zero-width space", "Ada\u200b"],
    ["a zero-width non-joiner between Latin letters", "A\u200cda"],
    ["a zero-width joiner between Latin letters", "A\u200dda"],
    ["a joiner in front", "\u200dAda"],
    ["a joiner behind", "Ada\u200d"],
    ["a non-joiner behind", "\u06cc\u200c"],
    ["a non-joiner behind a letter that joins to nothing after it", "\u06a9\u0627\u0631\u200c\u0647\u0627"],
    ["a joiner beside a space", "\u0dc1\u0dca \u200d\u0dbb"],
    ["two joiners in a row", "\u0915\u094d\u200d\u200d\u0937"],
    ["a joiner behind a vowel sign", "\u0915\u093f\u200d\u0937"],
    ["a joiner between emoji that are not shown as one", "\u{1f600}\u200d\u{1f600}"],
    ["a joiner behind an emoji", "\u{1f469}\u200d"],
    ["a joiner between a letter and an emoji", "A\u200d\u{1f600}"],
    ["a variation selector behind a letter", "Ada\ufe0f"],
    ["a variation selector within a name", "A\ufe0eda"],
    ["a variation selector between a letter and its accent", "e\ufe0f\u0301"],
    ["two variation selectors in a row", "\u2764\ufe0f\ufe0f"],
    ["a variation selector in front", "\ufe0fAda"],
    ["a blank hieroglyph", "Ada\u{13441}"],
    ["a null notehead", "Ada\u{1d159}"],
    ["a noncharacter", "Ada\uffff"],
    ["nothing but a joiner", "\u200d"],
    ["nothing but joiners and spaces", " \u200c \u200d "],
    ["a word joiner", "A\u2060da"],
    ["a soft hyphen", "A\u00adda"],
    ["a combining grapheme joiner", "A\u034fda"],
    ["a Hangul filler", "Ada\u3164"],
    ["a half-width Hangul filler", "Ada\uffa0"],
    ["a Braille blank", "Ada\u2800"],
    ["a Mongolian vowel separator", "Ada\u180e"],
    ["a Mongolian variation selector", "Ada\u180b"],
    ["a supplementary variation selector", "Ada\u{e0100}"],
    ["a tag", "Ada\u{e0067}"],
    ["a right-to-left override", "\u202eadA"],
    ["a left-to-right mark", "Ada\u200e"],
    ["an Arabic letter mark", "Ada\u061c"],
    ["an isolate", "\u2066Ada"],
    ["an escape", "\u001b[31mAda"],
    ["nothing but a variation selector", "\ufe0f"],
    ["nothing but a Hangul filler", "\u3164"],
  ])("with %s are refused", async (_what, given) => {
    expect(await nameOf(given)).toBe(422);
  });

  test.each([
    "\u2764\ufe0f",
    "日本 太郎",
    "עדה",
    "أدا",
    "O’Neil",
    "x".repeat(32),
    // Persian: Ali-Reza; a verb with its prefix.
    "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    // Sinhala: Sri, Krish.
    "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "\u0d9a\u0dca\u200d\u0dbb\u0dd2\u0dc2\u0dca",
    // Hindi: with and without a joined form; Malayalam: a final consonant without its vowel.
    "\u0915\u094d\u200d\u0937",
    "\u0915\u094d\u200c\u0937",
    "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",
    // A family, an astronaut, a rainbow flag, an eye in a speech bubble, a runner.
    "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}",
    "\u{1f469}\u{1f3fd}\u200d\u{1f680}",
    "Ada \u{1f3f3}\ufe0f\u200d\u{1f308}",
    "\u{1f441}\ufe0f\u200d\u{1f5e8}\ufe0f",
    "\u{1f3c3}\u200d\u2642\ufe0f",
  ])("%s is a name like any other", async (name) => {
    expect(await nameOf(name)).toBe(name);
  });

  test("that grow over the limit in normal form C are refused, not cut", async () => {
    expect(await nameOf("\u0958".repeat(32))).toBe(422);
    expect(await nameOf("\u0958".repeat(16))).toBe("\u0915\u093c".repeat(16));
  });
});
