import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";

const SOURCE = new URL("../../src/", import.meta.url);

/** What a module imports when it runs, types left aside. */
function importsOf(file: URL): string[] {
  const text = readFileSync(file, "utf8");
  const statements = text.matchAll(/^(?:import|export)\s(?!type\b)(?<names>[^;]*?)from\s+"(?<from>[^"]+)"/gm);
  return [...statements].flatMap(({ groups }) => {
    const names = (groups?.["names"] ?? "").replaceAll(/[{}\s]/g, " ").split(",");
    const atRuntime = names.some((name) => name.trim() !== "" && !name.trim().startsWith("type "));
    return atRuntime && groups?.["from"] !== undefined ? [groups["from"]] : [];
  });
}

/** Every module the browser would load for the client: files of ours by their path, packages by their name. */
function graph(): { files: string[]; packages: Set<string> } {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const left = [new URL("client/index.ts", SOURCE)];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file.href)) continue;
    seen.add(file.href);
    for (const from of importsOf(file)) {
      if (from.startsWith(".")) left.push(new URL(from, file));
      else packages.add(from);
    }
  }
  return { files: [...seen].map((href) => href.slice(SOURCE.href.length)).toSorted(), packages };
}

describe("the client's modules", () => {
  test("the client's modules load one small package and nothing of Node or of the schemas", () => {
    const { files, packages } = graph();
    expect([...packages]).toEqual(["eventsource-parser"]);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => file.startsWith("protocol/"))).toEqual([
      "protocol/cursor.ts",
      "protocol/errors.ts",
      "protocol/ids.ts",
      "protocol/limits.ts",
    ]);
    expect(files.filter((file) => file.startsWith("chat/") || file.endsWith("server.ts"))).toEqual([]);
  });

  test("no file of src/client names a transport", () => {
    const names = clientTransports.map(({ name }) => `"${name}"`);
    for (const file of readdirSync(new URL("client/", SOURCE))) {
      const text = readFileSync(new URL(`client/${file}`, SOURCE), "utf8");
      expect(
        names.filter((name) => text.includes(name)),
        file,
      ).toEqual([]);
    }
  });
});
