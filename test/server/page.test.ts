import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Tree } from "../mutations/tree.ts";
import { endAll, run } from "../support/command.ts";

afterEach(endAll);

/** The scripts that the served page names, each of which must be there. */
async function scriptsOf(url: URL): Promise<readonly string[]> {
  const html = await (await fetch(url)).text();
  const scripts = [...html.matchAll(/src="([^"]+\.js)"/g)].map(([, path]) => new URL(path ?? "", url));
  return Promise.all(scripts.map(async (script) => `${script.pathname} ${(await fetch(script)).status}`));
}

test("servers started at once in a fresh checkout both have the whole page, also when it has grown old", async () => {
  using tree = new Tree();
  const start = () => run(["--port", "0", "--store", "memory", "--log", "silent"], { checkout: tree.path });
  for (const state of ["missing", "old"]) {
    if (state === "old") utimesSync(join(tree.path, "public/main.tsx"), new Date(), new Date(Date.now() + 1_000));
    const servers = [start(), start()];
    const served = await Promise.all(servers.map(async ({ listening }) => scriptsOf(await listening())));
    for (const scripts of served) {
      expect(scripts.length).toBeGreaterThan(0);
      for (const script of scripts) expect(script).toMatch(/\.js 200$/);
    }
    expect(readdirSync(join(tree.path, "dist"))).toEqual(["public"]);
    await Promise.all(servers.map(({ kill }) => kill()));
  }
});
