import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { makeCertificate } from "../support/certificate.ts";
import { Folder } from "../support/folder.ts";
import { ask } from "../support/raw-http.ts";
import { buildImage, type Image } from "./support/image.ts";

const folder = new Folder();
const children = new Set<ChildProcess>();
let image: Image;
beforeAll(() => {
  image = buildImage("docs/deploy/Dockerfile", folder.path);
}, 300_000);
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});
afterAll(() => folder[Symbol.dispose]());

/** Starts what the image starts, on a free port and with its `/` where the image is. */
async function start(environment: Record<string, string> = {}): Promise<{ child: ChildProcess; url: URL }> {
  const store = image.environment["STORE"]?.replace("sqlite:", `sqlite:${image.root}`);
  const child = spawn(process.execPath, image.entrypoint.slice(1), {
    cwd: image.workdir,
    env: { PATH: process.env["PATH"], ...image.environment, STORE: store, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  let output = "";
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    const url = /listening on (\S+)/.exec(output)?.[1];
    if (url === undefined) continue;
    child.stdout?.on("data", () => undefined);
    return { child, url: new URL(url) };
  }
  throw new Error(`the server did not start: ${output}`);
}

/** Asks as the container's runtime does; the exit code. */
function healthcheck(environment: Record<string, string>): number | null {
  const { status } = spawnSync(process.execPath, image.healthcheck.slice(1), {
    env: { PATH: process.env["PATH"], ...image.environment, ...environment },
  });
  return status;
}

describe("the image that the Dockerfile builds from an empty folder", () => {
  test("serves the page with all it loads, keeps rooms in its volume, and ends on SIGTERM", async () => {
    const { child, url } = await start({ SKYROCKET_LOG: "warn" });
    const html = (await ask(url)).body;
    const files = [...html.matchAll(/(?:src|href)="(\.\/[^"]+)"/g)].map(([, path = ""]) => new URL(path, url));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect((await ask(file)).status, file.href).toBe(200);
    expect((await ask(new URL("/readyz", url))).status).toBe(200);
    expect((await ask(new URL("/lab", url))).status).toBe(404);
    expect(existsSync(join(image.root, "data/rooms.db"))).toBe(true);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("knows whether it is healthy, in the clear and by TLS, whichever variable says the port", async () => {
    expect(image.healthcheck[0]).toBe("node");
    // Nobody listens there.
    expect(healthcheck({ PORT: "9" })).toBe(1);
    const plain = await start({ STORE: "memory" });
    expect(healthcheck({ PORT: plain.url.port })).toBe(0);
    expect(healthcheck({ SKYROCKET_PORT: plain.url.port })).toBe(0);
    const { cert, key } = makeCertificate(["chat.example"]);
    writeFileSync(folder.at("cert.pem"), cert);
    writeFileSync(folder.at("key.pem"), key);
    const secure = await start({ STORE: "memory", TLS_CERT: folder.at("cert.pem"), TLS_KEY: folder.at("key.pem") });
    expect(secure.url.protocol).toBe("https:");
    expect(healthcheck({ PORT: secure.url.port })).toBe(0);
  });
});

/** Every Node on the path that is older than the package takes. */
function olderNodes(): string[] {
  const needed = Number(/[0-9]+/.exec(manifest.engines.node)?.[0]);
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((place) => join(place, "node"))
    .filter((node) => existsSync(node))
    .filter((node) => Number.parseInt(execFileSync(node, ["-p", "process.versions.node"]).toString(), 10) < needed);
}

describe("the built command", () => {
  const asOlder = (): readonly string[] => {
    const script = folder.at("older.mjs");
    writeFileSync(
      script,
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });',
    );
    return [process.execPath, "--import", script];
  };
  const nodes: readonly [string, () => readonly string[]][] = [
    ["that says it is older", asOlder],
    ...olderNodes().map((node): [string, () => readonly string[]] => [node, () => [node]]),
  ];

  test.each(nodes)(
    "says in one line which Node it needs, whatever it is called with, by a Node %s",
    (_what, command) => {
      const [node = "", ...options] = command();
      for (const argv of [[], ["--help"], ["--port", "x"]]) {
        const { status, stdout, stderr } = spawnSync(node, [...options, "dist/package/src/server/main.js", ...argv], {
          cwd: image.workdir,
          encoding: "utf8",
        });
        expect([status, stdout]).toEqual([1, ""]);
        expect(stderr).toMatch(
          /^Skyrocket needs Node 24 or later, from https:\/\/nodejs\.org\. This is Node 2[0-9.]+ \(.*\)\.\n$/,
        );
      }
      const { status, stdout } = spawnSync(node, [...options, "dist/package/src/server/main.js", "--version"], {
        cwd: image.workdir,
        encoding: "utf8",
      });
      expect([status, stdout]).toEqual([0, `${manifest.version}\n`]);
    },
  );

  test("loads node:sqlite only for a store that needs it", async () => {
    const script = folder.at("without-sqlite.mjs");
    writeFileSync(
      script,
      `import { registerHooks } from "node:module";
       registerHooks({ resolve(name, context, next) {
         if (name === "node:sqlite") throw new Error("there is no node:sqlite");
         return next(name, context);
       } });`,
    );
    const NODE_OPTIONS = `--import=${script}`;
    const { url } = await start({ NODE_OPTIONS, STORE: "memory" });
    expect((await ask(new URL("/readyz", url))).status).toBe(200);
    await expect(start({ NODE_OPTIONS })).rejects.toThrow("the server did not start");
  });
});
