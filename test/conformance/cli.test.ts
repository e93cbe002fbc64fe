import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";

const CLI = fileURLToPath(new URL("./cli.ts", import.meta.url));

function run(...options: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...options], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

test("the command tests a running server by its address alone, with the server's own limits", async () => {
  const server = await startServer();
  try {
    const { code, output } = await run("--url", server.url.href);
    expect(output.match(/^FAIL.*$/gm)).toBeNull();
    for (const { name } of clientTransports) {
      expect(output).toMatch(new RegExp(`^ok {4}${name} {2}order \\([0-9]+ ms\\)$`, "m"));
      expect(output).toMatch(new RegExp(`^skip {2}${name} {2}drain-bye: The server has to be shut down\\.$`, "m"));
    }
    expect(output).toMatch(/^[0-9]{2,} passed, 0 failed, [0-9]{2,} skipped, at http:/m);
    expect(code).toBe(0);
  } finally {
    await server.close();
  }
});

test("the command fails for a server that breaks a requirement, and names it", async () => {
  const server = await startServer({ settings: { replayEvents: 1 } });
  try {
    const { code, output } = await run("--url", server.url.href, "--transport", "sse", "--only", "no-duplicate");
    expect(output).toMatch(/^FAIL {2}sse {2}no-duplicate: .* \[PROTOCOL\.md, 3\. Messages down\]$/m);
    expect(output).toMatch(/^0 passed, 1 failed, 0 skipped/m);
    expect(code).toBe(1);
  } finally {
    await server.close();
  }
});

test("an unreachable server and an invalid option each give one message and exit code 2", async () => {
  const missing = await run("--url", "http://127.0.0.1:9");
  expect(missing).toEqual({ code: 2, output: "no session could be opened at http://127.0.0.1:9/: fetch failed\n" });
  const bad = await run("--transports", "sse");
  expect(bad.code).toBe(2);
  expect(bad.output).toMatch(/^Unknown option '--transports'.*\n\nusage: npm run conformance/s);
});
