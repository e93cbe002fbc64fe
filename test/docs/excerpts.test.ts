import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { blocksOf } from "./support/blocks.ts";
import { markdownPaths, ROOT, read } from "./support/documents.ts";

/** Blocks of TypeScript, each with the file it is taken from behind the fence. */
const excerpts = markdownPaths().flatMap((path) =>
  blocksOf(read(path))
    .filter(({ language }) => language === "ts")
    .map(({ info, text, line }) => ({ path, line, file: info, text })),
);

/** A user of the package imports by its name, an example in this repository by path; all else is the same. */
function asPublished(source: string): string {
  return source
    .replace(/^\/\/ biome-ignore-all .*\n/, "")
    .replace('"../../../src/client/index.ts"', '"skyrocket-chat/client"')
    .replace('"../../../src/index.ts"', '"skyrocket-chat"');
}

describe("TypeScript in documents", () => {
  test.for(excerpts)("$path, line $line is in $file, which is type-checked", ({ file, text }) => {
    expect(asPublished(read(file))).toContain(text);
  });

  test("README's two are whole programs", () => {
    for (const name of ["client", "server"]) {
      const file = `test/docs/examples/${name}.ts`;
      expect(excerpts.find((excerpt) => excerpt.file === file)?.text).toBe(asPublished(read(file)).trimEnd());
    }
  });
});

describe("README's programs", () => {
  test("the server starts and drains", async () => {
    expect(await outputOf("server", read("test/docs/examples/server.ts"))).toMatch(
      /^listening on http:\/\/127\.0\.0\.1:[0-9]+\/\n$/,
    );
  });

  test("the client talks", async () => {
    const server: RunningServer = await startServer();
    try {
      const source = read("test/docs/examples/client.ts").replace("127.0.0.1:3000", server.url.host);
      expect(await outputOf("client", source)).toMatch(/^stored as number 2\nAda, by (websocket|sse): Hello\n$/);
    } finally {
      await server.close();
    }
  });
});

/** What a program prints until it has ended by itself. */
async function outputOf(name: string, source: string): Promise<string> {
  const absolute = source.replace(/"(\.\.\/\.\.\/\.\.\/[^"]+)"/, (_whole, path: string) =>
    JSON.stringify(new URL(path, new URL("test/docs/examples/", ROOT))),
  );
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", absolute], {
    cwd: fileURLToPath(ROOT),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the ${name} example ended with ${String(code)}: ${output}`);
  return output;
}
