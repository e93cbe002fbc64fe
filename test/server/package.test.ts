import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const exec = promisify(execFile);
const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "skyrocket-package-"));
  const { stdout } = await exec("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: CHECKOUT,
    maxBuffer: 10_000_000,
  });
  const name = /"filename": "([^"]+)"/.exec(stdout)?.[1];
  if (name === undefined) throw new Error(`npm pack named no file: ${stdout}`);
  await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}');
  await exec("npm", ["install", "--no-audit", "--no-fund", `./${name}`], { cwd: folder, maxBuffer: 10_000_000 });
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the published package", () => {
  it("carries no Node and no development tool along", async () => {
    const lock = await readFile(join(folder, "package-lock.json"), "utf8");
    expect(lock).not.toMatch(/node_modules\/(node-linux|node-bin|node-darwin|vite|vitest|playwright-core)/);
  });

  it("starts the server by `npx skyrocket`, with the page, in an otherwise empty folder", async () => {
    const child = spawn("npx", ["skyrocket", "--port", "0", "--log", "silent"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    try {
      const [line]: Buffer[] = await once(child.stdout, "data");
      const url = /listening on (http:\S+)/.exec(String(line))?.[1];
      expect(url).toBeDefined();
      const page = await fetch(url ?? "");
      expect(page.status).toBe(200);
      expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
      expect(await page.text()).toContain("Skyrocket");
      expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    } finally {
      // The whole group: npx does not pass a signal on.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    }
    await once(child, "exit");
  });

  it("is a client library that talks to it", async () => {
    await writeFile(
      join(folder, "library.js"),
      'import { connect } from "skyrocket/client"; console.log(typeof connect);',
    );
    const { stdout } = await exec("node", ["library.js"], { cwd: folder });
    expect(stdout.trim()).toBe("function");
  });
});
