import fc from "fast-check";
import { expect, test } from "vitest";
import { addressOf, roomOf, tidyRoom } from "../../../public/model/address.ts";
import { shortcodeAt } from "../../../public/model/emoji.ts";
import { duration, names } from "../../../public/model/format.ts";
import { codePoints, pieces } from "../../../public/model/text.ts";
import { titleOf } from "../../../public/model/title.ts";

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

test.for(LINKS)("links in %j", ([text, hrefs]) => {
  expect(pieces(text).flatMap((piece) => (piece.kind === "link" ? [piece.href] : []))).toEqual(hrefs);
});

test("whatever the text, its pieces are the text, and every link is http or https", () => {
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
      expect(found.map((piece) => piece.text).join("")).toBe(text);
      for (const piece of found) if (piece.kind === "link") expect(piece.href).toMatch(/^https?:\/\//);
    }),
  );
});

test("lengths are counted in code points", () => {
  expect(codePoints("a🚀é")).toBe(3);
});

test("a shortcode is offered only while it is being written", () => {
  expect(shortcodeAt("look :rock", 10)?.matches.map(({ name }) => name)).toEqual(["rocket"]);
  expect(shortcodeAt("look :rock", 10)?.from).toBe(5);
  for (const text of ["12:30", ":r", "a:rocket", ":rocket ", ":nosuch"])
    expect(shortcodeAt(text, text.length)).toBeNull();
});

test("durations have tenths only where they were measured", () => {
  expect([0.4, 1.44, 9.96, 12.4, 999.6, 12_400].map((ms) => duration(ms, true))).toEqual([
    "<1 ms",
    "1.4 ms",
    "10.0 ms",
    "12 ms",
    "1000 ms",
    "12 s",
  ]);
  expect(duration(1.44, false)).toBe("1 ms");
});

test("lists of names stay short", () => {
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
  expect(tidyRoom("  #My Den ")).toBe("my-den");
  expect(titleOf("den", 2)).toBe("(2) #den · Skyrocket");
});
