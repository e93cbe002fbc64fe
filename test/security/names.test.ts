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
  ])("%s become that name", async (_what, given, seen) => {
    expect(await nameOf(given)).toBe(seen);
  });

  test.each([
    ["a zero-width space", "Ada\u200b"],
    ["a zero-width non-joiner", "A\u200cda"],
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

  test.each(["\u2764\ufe0f", "日本 太郎", "עדה", "أدا", "O’Neil", "x".repeat(32)])(
    "%s is a name like any other",
    async (name) => {
      expect(await nameOf(name)).toBe(name);
    },
  );

  test("that grow over the limit in normal form C are refused, not cut", async () => {
    expect(await nameOf("\u0958".repeat(32))).toBe(422);
    expect(await nameOf("\u0958".repeat(16))).toBe("\u0915\u093c".repeat(16));
  });
});
