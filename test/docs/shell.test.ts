import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { blocksOf } from "./support/blocks.ts";
import { markdownPaths, read } from "./support/documents.ts";
import { normalise } from "./support/normalise.ts";
import { hasCurl, runSteps, stepsOf } from "./support/shell.ts";

// Every `console` block of every document, run in order against a server of that document's own; what a command prints must
// be what stands below it, but for times, ids and secrets. A line of `…` alone stands for any further lines.

const documented = markdownPaths()
  .map((path) => ({ path, steps: stepsOf(blocksOf(read(path)).filter(({ language }) => language === "console")) }))
  .filter(({ steps }) => steps.length > 0);

const canRun = hasCurl() || process.env["CI"] === "true";

test("the protocol, the way in and each transport can be tried by hand", () => {
  const paths = documented.map(({ path }) => path);
  for (const path of ["PROTOCOL.md", "README.md"]) expect(paths).toContain(path);
  for (const name of ["short-polling", "long-polling", "sse", "websocket"]) {
    expect(paths).toContain(`src/transports/${name}/README.md`);
  }
});

describe.skipIf(!canRun)(`commands in documents${canRun ? "" : " (skipped: there is no curl on this machine)"}`, () => {
  test.for(documented)("$path", async ({ path, steps }) => {
    const server = await startServer();
    const folder = await mkdtemp(join(tmpdir(), "skyrocket-docs-"));
    try {
      const here = steps.map((step) => ({
        ...step,
        command: step.command.replaceAll("127.0.0.1:3000", server.url.host),
      }));
      const outputs = await runSteps(here, folder);
      for (const [index, { command, stated, line }] of steps.entries()) {
        const real = normalise(outputs[index] ?? "").trimEnd();
        expect(shorten(real, stated), `${path}, block in line ${line}: ${command}`).toBe(normalise(stated));
      }
    } finally {
      await server.close();
      await rm(folder, { recursive: true });
    }
  });
});

/** The output, cut where the document says that more follows. */
function shorten(real: string, stated: string): string {
  if (!stated.endsWith("\n…")) return real;
  const count = stated.split("\n").length - 1;
  return [...real.split("\n").slice(0, count), "…"].join("\n");
}
