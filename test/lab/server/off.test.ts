import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { LAB } from "../../support/lab.ts";
import { ask, UPGRADE } from "../../support/raw-http.ts";
import { Visitor } from "./visitor.ts";

const DOCUMENTS = ["/lab", "/lab/", "/lab/wire", "/lab/bench", "/lab/replay"];
const FILES = ["/lab/index.html", "/lab/runs/calm.json"];

let pageRoot: string;
const servers: RunningServer[] = [];

beforeAll(async () => {
  pageRoot = await mkdtemp(join(tmpdir(), "skyrocket-lab-"));
  await mkdir(join(pageRoot, "lab/runs"), { recursive: true });
  await mkdir(join(pageRoot, "assets"));
  await writeFile(join(pageRoot, "index.html"), "<title>chat</title>");
  await writeFile(join(pageRoot, "assets/page-1.js"), "");
  await writeFile(join(pageRoot, "lab/index.html"), "<title>lab</title>");
  await writeFile(join(pageRoot, "lab/runs/calm.json"), "{}");
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await rm(pageRoot, { recursive: true });
});

async function start(options: Parameters<typeof startServer>[0]): Promise<URL> {
  const server = await startServer(options);
  servers.push(server);
  return server.url;
}

describe("without the lab", () => {
  test("none of the lab's routes exist without it", async () => {
    const url = await start({ pageRoot });
    for (const path of [...DOCUMENTS, ...FILES, "/lab/info", "/lab/control"]) {
      expect((await ask(new URL(path, url))).status, path).toBe(404);
    }
    expect((await ask(new URL("/lab/control", url), { headers: UPGRADE })).status).toBe(404);
    expect((await ask(url)).body).toContain("chat");
  });
});

describe("with the lab", () => {
  test("the lab's pages may connect to the server and loopback ports only", async () => {
    const url = await start({ pageRoot, lab: LAB });
    const chat = await ask(url);
    for (const path of DOCUMENTS) {
      const { status, body, headers } = await ask(new URL(path, url));
      expect([status, body], path).toEqual([200, "<title>lab</title>"]);
      expect(headers["cache-control"]).toBe("no-cache");
      const policy = (text: unknown): string[] => String(text).split(";").toSorted();
      const own = policy(headers["content-security-policy"]);
      const added = own.filter((directive) => !policy(chat.headers["content-security-policy"]).includes(directive));
      expect(added).toEqual([
        "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*",
      ]);
      expect(own).toHaveLength(policy(chat.headers["content-security-policy"]).length + 1);
    }
    for (const path of FILES) expect((await ask(new URL(path, url))).status).toBe(200);
    expect(chat.body).toContain("chat");
    expect((await ask(new URL("/assets/page-1.js", url))).headers["cache-control"]).toContain("immutable");
  });

  test("without a page the control connection still works", async () => {
    const url = await start({ lab: LAB });
    using visitor = await Visitor.enter(url);
    expect(visitor.welcome?.lanes).toHaveLength(4);
    expect((await ask(new URL("/lab", url))).status).toBe(404);
  });

  test("/lab/info describes the lab and is not cached", async () => {
    const url = await start({ lab: LAB });
    const { status, body, headers } = await ask(new URL("/lab/info", url));
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { visitors: 0, maxVisitors: 20, commandsPerSecond: 20, lanes: true },
    ]);
    expect(headers["cache-control"]).toBe("no-store");
  });
});
