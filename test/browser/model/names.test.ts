import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { styleOf } from "../../../public/view/transports.tsx";
import { clientTransports } from "../../../src/transports/registry.client.ts";

/** The files that may name a transport, and why. */
const NAMING = [
  // Bare clients, each written by hand for one transport.
  "lab/page/naive/naive-clients.ts",
  // Edits frames, which only one transport has.
  "lab/page/wire/workbench/workbench.tsx",
  // The table of what the page knows of each.
  "public/view/transports.tsx",
];
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("the page names transports only where it must, so that a new one needs no edit", () => {
  const sources = globSync("{lab/page,public}/**/*.{ts,tsx}", { cwd: ROOT });
  expect(sources.length).toBeGreaterThan(40);
  const names = clientTransports.map(({ name }) => `"${name}"`);
  const naming = sources.filter((path) => names.some((name) => readFileSync(join(ROOT, path), "utf8").includes(name)));
  expect(naming.map((path) => path.replaceAll(sep, "/")).toSorted()).toEqual(NAMING);
});

test("every registered transport has its own style, and an unknown one a neutral style", () => {
  const looks = clientTransports.map(({ name }) => JSON.stringify([styleOf(name).path, styleOf(name).dash]));
  expect(
    new Set([...looks, JSON.stringify([styleOf("carrier-pigeon").path, styleOf("carrier-pigeon").dash])]).size,
  ).toBe(clientTransports.length + 1);
});
