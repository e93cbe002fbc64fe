import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { addressOf, normalizeRoom, roomOf, titleOf } from "../../../public/model/address.ts";
import { shortcodeAt } from "../../../public/model/emoji.ts";
import { duration, names } from "../../../public/model/format.ts";
import { createDraft } from "../../../public/model/outbox.ts";
import { codePoints, isBlank, type Piece, pieces } from "../../../public/model/text.ts";
import { initials } from "../../../public/view/avatar.tsx";

const LINKS: readonly (readonly [text: string, hrefs: readonly string[]])[] = [
  ["https://example.org.", ["https://example.org/"]],
  ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
  ['say "http://example.org/x?y=1&z=2#f"!', ["http://example.org/x?y=1&z=2#f"]],
  ["HTTPS://EXAMPLE.ORG/A", ["https://example.org/A"]],
  ["javascript:alert(1) data:text/html,x ftp://example.org file:///x", []],
  ["javascript:https://example.org/", ["https://example.org/"]],
  ["https:// https://?", []],
  ["nohttps://example.org", []],
];

function hrefsOf(text: string): readonly string[] {
  return pieces(text).flatMap((piece) => (piece.kind === "link" ? [piece.href] : []));
}

test.for(LINKS)("links in %j", ([text, hrefs]) => {
  expect(hrefsOf(text)).toEqual(hrefs);
});

test("the pieces of any text are that text, and every link is http or https", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "https://example.org/a?b#c",
      "http://[::1]:80/",
      "https://x",
      " ",
      "(",
      ")",
      ".",
      "javascript:",
      "\r\n\0",
    ),
  );
  fc.assert(
    fc.property(fc.array(words), (parts) => {
      const text = parts.join("");
      const found = pieces(text);
      expect(found.map((piece) => piece.source).join("")).toBe(text);
      for (const piece of found) if (piece.kind === "link") expect(piece.href).toMatch(/^https?:\/\//);
    }),
  );
});

test("Chinese and Japanese punctuation, quotes, brackets and invisible characters end a link", () => {
  const ends = [
    "。",
    "，",
    "、",
    "！",
    "：",
    "；",
    "？",
    "）",
    "」",
    "』",
    "】",
    "》",
    "”",
    "’",
    "»",
    "…",
    "‥",
    "·",
    "—",
    "؟",
    "،",
    "।",
  ];
  const unseen = ["\u200b", "\u202e", "\u2066", "\ufeff", "\u3000", "\u00a0", "\u0085", "\u0000"];
  for (const end of [...ends, ...unseen]) {
    const text = `请看https://example.com/a${end}谢谢`;
    expect([end, hrefsOf(text)]).toEqual([end, ["https://example.com/a"]]);
  }
  expect(hrefsOf("（https://example.com/）")).toEqual(["https://example.com/"]);
  // Letters of any script continue a link, joiners included.
  expect(hrefsOf("https://fa.example/می\u200cخواهم https://日本.example/絵")).toEqual([
    "https://fa.example/%D9%85%DB%8C%E2%80%8C%D8%AE%D9%88%D8%A7%D9%87%D9%85",
    "https://xn--wgv71a.example/%E7%B5%B5",
  ]);
});

function draw(piece: Piece): string {
  switch (piece.kind) {
    case "text":
      return piece.source;
    case "link":
      return `<${piece.href}>`;
    case "code":
      return `|${piece.code}|`;
    case "block":
      return `||${piece.code}||`;
  }
}

/** Writes pieces in short: `code` in bars, a block in double bars, a link in angle brackets. */
function sketch(text: string): string {
  return pieces(text).map(draw).join("");
}

const CODE: readonly (readonly [text: string, drawn: string])[] = [
  ["run `npm start` now", "run |npm start| now"],
  ["``a ` b`` and `` `x` ``", "|a ` b| and |`x`|"],
  ["a ` b", "a ` b"],
  ["`a``b`", "|a``b|"],
  ["` ` and ``", "` ` and ``"],
  ["not `across\nlines`", "not `across\nlines`"],
  ["`https://example.org/` https://example.org/", "|https://example.org/| <https://example.org/>"],
  ["see:\n```ts\nconst a = `1`;\n```\nright", "see:\n||const a = `1`;||right"],
  ["````\n```\n````", "||```||"],
  ["```\r\na\r\n\r\nb\r\n```", "||a\r\n\r\nb||"],
  ["```\nnever closed", "```\nnever closed"],
  ["```\n\n```", "```\n\n```"],
  ["```in one line```", "|in one line|"],
  ["**bold** _it_ # no > quote [x](y) <b>", "**bold** _it_ # no > quote [x](y) <b>"],
];

test.for(CODE)("code in %j is found, and no other Markdown", ([text, drawn]) => {
  expect(sketch(text)).toBe(drawn);
});

test("a text of nothing but back-ticks, brackets or fences takes linear time", () => {
  const runs = Array.from({ length: 600 }, (_, index) => "`".repeat(index + 1)).join(" ");
  // In quadratic time these would take minutes, and the test would reach its deadline.
  for (const text of [
    runs,
    "`a".repeat(200_000),
    "```\n".repeat(100_000),
    "````\n```\n".repeat(50_000),
    `https://x/${"(".repeat(200_000)}`,
    "\n".repeat(400_000),
  ]) {
    expect(
      pieces(text)
        .map(({ source }) => source)
        .join(""),
    ).toBe(text);
  }
});

const BLANK = [
  "",
  " ",
  "\n\t",
  "\u00a0",
  "\u200b",
  "\u200d\u200c",
  "\u2060",
  "\ufeff",
  "\u00ad",
  "\u3164",
  "\u115f",
  "\u2800",
  "\u202e",
  "\u2066\u2069",
  "\ufe0f",
  "\u034f",
  "\u180e",
  "\u{e0041}",
  "\u0000",
  "\u0007",
  "\u2028",
];

test.for(BLANK)("a message with nothing visible can't be sent: %j", (text) => {
  expect(isBlank(text)).toBe(true);
  expect(isBlank(`${text}.${text}`)).toBe(false);
  const store = { get: () => null, set: () => undefined };
  const draft = createDraft(store, "den");
  draft.set(text);
  expect(draft.sendable.value).toBe(false);
});

const FIRST: readonly (readonly [name: string, initials: string])[] = [
  ["Ada", "A"],
  ["ada lovelace", "AL"],
  ["Student 1", "S1"],
  ["Student 10", "S10"],
  ["Student 110", "S10"],
  ["7 of 9", "79"],
  ["🇦🇹 Österreich", "🇦🇹Ö"],
  ["Ö\u0301mer", "Ö\u0301"],
  ["👩‍👩‍👧 Family", "👩‍👩‍👧F"],
  ["👍🏽", "👍🏽"],
  ["नि", "नि"],
  ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
];

test.for(FIRST)("the initials of %j are whole characters: %s", async ([name, wanted]) => {
  expect(initials(name)).toBe(wanted);
  // The same in a browser without a segmenter.
  const { Segmenter } = Intl;
  Reflect.set(Intl, "Segmenter", undefined);
  vi.resetModules();
  try {
    const older = await import("../../../public/view/avatar.tsx");
    expect(older.initials(name)).toBe(wanted);
  } finally {
    Reflect.set(Intl, "Segmenter", Segmenter);
  }
});

test("lengths are counted in code points", () => {
  expect(codePoints("a🚀é")).toBe(3);
});

test("a shortcode is completed only while it is being typed", () => {
  expect(shortcodeAt("look :rock", 10)?.matches.map(({ name }) => name)).toEqual(["rocket"]);
  expect(shortcodeAt("look :rock", 10)?.from).toBe(5);
  for (const text of ["12:30", ":r", "a:rocket", ":rocket ", ":nosuch"])
    expect(shortcodeAt(text, text.length)).toBeNull();
});

test("a duration has tenths only if they were measured", () => {
  expect([0.4, 1.44, 9.96, 12.4, 999.6, 12_400].map((ms) => duration(ms, true))).toEqual([
    "<1 ms",
    "1.4 ms",
    "10.0 ms",
    "12 ms",
    "1.0 s",
    "12 s",
  ]);
  expect([7_220, 9_949, 9_951, 99_499, 99_501, 150_000].map((ms) => duration(ms, false))).toEqual([
    "7.2 s",
    "9.9 s",
    "10 s",
    "99 s",
    "2 min",
    "3 min",
  ]);
  expect(duration(1.44, false)).toBe("1 ms");
});

test("a list of names stays short", () => {
  expect([["Ada"], ["Ada", "Grace"], ["a", "b", "c"], ["a", "b", "c", "d"]].map((list) => names(list))).toEqual([
    "Ada",
    "Ada and Grace",
    "a, b and c",
    "a, b and 2 more",
  ]);
});

test("the room is read from the address and written to it", () => {
  expect(roomOf("http://localhost:3000/")).toBe("lobby");
  expect(roomOf("http://localhost:3000/?room=Den&x=1#y")).toBe("den");
  expect(addressOf("den", "http://localhost:3000/?session=secret#y")).toBe("http://localhost:3000/?room=den");
  expect(normalizeRoom("  #My Den ")).toBe("my-den");
  expect(titleOf("den", 2)).toBe("(2) #den · Skyrocket");
});
