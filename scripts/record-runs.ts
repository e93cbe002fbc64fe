// Records the runs that the page for replays ships with: a real Chromium, the page's own lanes, a real server.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { SHIPPED } from "../public/lab/replay/shipped.ts";
import { runFile } from "../src/lab/file.ts";
import { startServer } from "../src/server.ts";
import { launchChromium } from "../test/browser/support/chromium.ts";
import { buildPage } from "../test/browser/support/page.ts";
import { factsOf } from "./record-runs/facts.ts";
import { record } from "./record-runs/record.ts";
import { SCRIPTS } from "./record-runs/scripts.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const FACTS = here("../public/lab/replay/shipped.json");

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SHIPPED.some((shipped) => shipped.name === name));
if (unknown.length > 0) {
  console.error(`There is no run ${unknown.join(", ")}. Name some of ${SHIPPED.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

const built = await buildPage();
const server = await startServer({ pageRoot: built.root, rateLimit: false, lab: { ports: null } });
const browser = await launchChromium();
try {
  for (const { name, title } of SHIPPED.filter((shipped) => wanted.length === 0 || wanted.includes(shipped.name))) {
    const run = { ...(await record(browser, server.url, SCRIPTS[name])), title };
    const text = runFile(run);
    const facts = factsOf(text);
    SCRIPTS[name].check(facts);
    await writeFile(here(`../public/static/lab/runs/${name}.json`), text);
    const known: unknown = JSON.parse(await readFile(FACTS, "utf8"));
    await writeFile(FACTS, `${JSON.stringify({ ...Object(known), [name]: facts }, null, 2)}\n`);
    console.log(`${name}: ${facts.bytes} bytes, ${Math.round(facts.durationMs)} ms`, JSON.stringify(facts.lanes));
  }
} finally {
  await browser.close();
  await server.close();
  built.remove();
}
