import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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
  // What a TypeScript project of Node brings itself.
  await mkdir(join(folder, "node_modules/@types"), { recursive: true });
  for (const types of ["@types/node", "undici-types"]) {
    await symlink(join(CHECKOUT, "node_modules", types), join(folder, "node_modules", types));
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the published package", () => {
  test("carries no Node and no development tool along", async () => {
    const lock = await readFile(join(folder, "package-lock.json"), "utf8");
    expect(lock).not.toMatch(/node_modules\/(node-linux|node-bin|node-darwin|vite|vitest|playwright-core)/);
  });

  test("starts the server by `npx skyrocket`, with the page, in an otherwise empty folder", async () => {
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

  test("is a client library for Node", async () => {
    await writeFile(
      join(folder, "library.js"),
      'import { connect } from "skyrocket-chat/client"; console.log(typeof connect);',
    );
    const { stdout } = await exec("node", ["library.js"], { cwd: folder });
    expect(stdout.trim()).toBe("function");
  });

  test("has the Lua scripts of its store beside the code that loads them", async () => {
    const scripts = "./node_modules/skyrocket-chat/dist/package/src/log/redis/scripts.js";
    const code = `const { RoomScripts } = await import("${scripts}"); console.log(RoomScripts.all.length);`;
    await writeFile(join(folder, "scripts.js"), code);
    const { stdout } = await exec(process.execPath, ["scripts.js"], { cwd: folder });
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  test("brings the laboratory as a plugin of the server", async () => {
    await writeFile(
      join(folder, "lab.js"),
      `import { startServer } from "skyrocket-chat";
       import { labPlugin } from "skyrocket-chat/lab";
       const server = await startServer({ lab: labPlugin({ ports: null }) });
       console.log((await fetch(new URL("/lab/info", server.url))).status);
       await server.close();`,
    );
    const { stdout } = await exec(process.execPath, ["lab.js"], { cwd: folder });
    expect(stdout.trim()).toBe("200");
  });
});

const CLIENT = `
import { connect, type ChatClient, type ConnectionState } from "skyrocket-chat/client";
const room: ChatClient = connect({ url: "/chat", room: "lobby", name: "Ada" });
export const stop: () => void = room.watch((state: ConnectionState) => {
  if (state.kind === "reconnecting") console.log(state.because?.message);
});
// In a browser project a timer is a number. Node's types would make an object of it.
export const timer: number = setTimeout(stop, 1);
// @ts-expect-error: nor is there Node's Buffer.
Buffer.from("");
`;
const SERVER = `
import { connect, type RunningServer, type ServerTransport, serverTransports, startServer } from "skyrocket-chat";
export const server: RunningServer = await startServer({ port: 0 });
export const room = connect({ url: server.url, room: "lobby", name: "Ada" });
export const first: Pick<ServerTransport, "name"> | undefined = serverTransports[0];
`;

/** Compiles a project of one file, libraries checked as well, and returns the packages whose declarations were read. */
async function packagesOf(name: string, source: string, options: Record<string, unknown>): Promise<Set<string>> {
  await writeFile(join(folder, `${name}.ts`), source);
  const compilerOptions = { target: "ES2024", strict: true, skipLibCheck: false, noEmit: true, ...options };
  const config = join(folder, `tsconfig.${name}.json`);
  await writeFile(config, JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  const tsc = join(CHECKOUT, "node_modules/.bin/tsc");
  const { stdout } = await exec(tsc, ["-p", config, "--listFiles"], { maxBuffer: 10_000_000 }).catch(
    (error: unknown) => {
      throw new Error(String(Object(error).stdout));
    },
  );
  return new Set(
    [...stdout.matchAll(/node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\/[^\n]*$/gm)].map(([, found]) => found ?? ""),
  );
}

describe.each([
  ["nodenext", "nodenext"],
  ["bundler", "esnext"],
])("the package's types, resolved as by %s,", (moduleResolution, module) => {
  test("compile in a browser project, of the client alone, and bring no type of a server", async () => {
    const lib = ["ES2024", "DOM", "DOM.Iterable", "DOM.AsyncIterable"];
    const name = `client-${moduleResolution}`;
    const packages = await packagesOf(name, CLIENT, { module, moduleResolution, lib, types: [] });
    expect([...packages].filter((found) => !found.startsWith("@typescript/")).toSorted()).toEqual([
      "skyrocket-chat",
      "typebox",
    ]);
  }, 300_000);

  test("compile in a project of Node, of the server as well", async () => {
    const name = `server-${moduleResolution}`;
    const packages = await packagesOf(name, SERVER, { module, moduleResolution, lib: ["ES2024"], types: ["node"] });
    expect(packages).toContain("fastify");
  }, 300_000);
});

describe("a page's bundle", () => {
  test.each(["skyrocket-chat", "skyrocket-chat/client"])(
    "that imports %s holds the client alone, in at most 17.6 KB gzipped",
    async (specifier) => {
      const entry = join(folder, "page.js");
      await writeFile(entry, `import { connect } from "${specifier}"; globalThis.connect = connect;`);
      const built = await build({
        root: folder,
        configFile: false,
        logLevel: "silent",
        build: { write: false, minify: true, rolldownOptions: { input: entry } },
      });
      const [output] = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
      const code = output?.type === "chunk" ? output.code : "";
      expect(code).toContain("skyrocket.v1");
      expect(code).not.toMatch(/fastify|node:|prom-client/);
      expect(gzipSync(code).length).toBeLessThan(17_600);
    },
    300_000,
  );
});
