import { expect, test } from "vitest";
import { hrefOf, SECTIONS, sectionOf, serverOf } from "../../../lab/page/address.ts";

test.each([
  ["http://127.0.0.1:3000/lab", "http://127.0.0.1:3000/", "race"],
  ["http://127.0.0.1:3000/lab/?weather=calm", "http://127.0.0.1:3000/", "race"],
  ["http://127.0.0.1:3000/lab/wire#workbench", "http://127.0.0.1:3000/", "wire"],
  ["https://example.org/chat/lab", "https://example.org/chat/", "race"],
  ["https://example.org/chat/lab/replay?run=tunnel", "https://example.org/chat/", "replay"],
  ["https://example.org/a/lab/b/lab/bench", "https://example.org/a/lab/b/", "bench"],
  ["https://example.org/lab/lab", "https://example.org/lab/", "race"],
])("the page at %s belongs to the server at %s and shows the %s", (href, server, section) => {
  expect(serverOf(href).href).toBe(server);
  expect(sectionOf(href)).toBe(section);
});

test.each(["http://127.0.0.1:3000/", "https://example.org/chat/"])(
  "every section's address leads back to %s",
  (server) => {
    for (const { name } of SECTIONS) {
      const href = hrefOf(name, new URL(server));
      expect(href.startsWith(server)).toBe(true);
      expect([serverOf(href).href, sectionOf(href)]).toEqual([server, name]);
    }
  },
);
