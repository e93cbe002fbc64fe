import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { signOf } from "../../../public/view/signs.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";

/** Who may name a transport, and why. */
const NAMING = [
  // Bare exchanges, each written by hand against one transport: that they know nothing else is what they show.
  "lab/page/naive/client.ts",
  // Edits frames, which one transport only has.
  "lab/page/wire/workbench/workbench.tsx",
  // What speaks for and against each, beside the table of signs.
  "public/view/choices.ts",
  // The table of signs.
  "public/view/signs.ts",
];
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("no transport is named in the page but where it has to be, so that another one needs no edit", () => {
  const sources = globSync("{lab/page,public}/**/*.{ts,tsx}", { cwd: ROOT });
  expect(sources.length).toBeGreaterThan(40);
  const names = clientTransports.map(({ name }) => `"${name}"`);
  const naming = sources.filter((path) => names.some((name) => readFileSync(join(ROOT, path), "utf8").includes(name)));
  expect(naming.map((path) => path.replaceAll(sep, "/")).toSorted()).toEqual(NAMING);
});

test("every registered transport has a sign of its own, and an unknown one a neutral sign", () => {
  const looks = clientTransports.map(({ name }) => JSON.stringify([signOf(name).path, signOf(name).dash]));
  expect(new Set([...looks, JSON.stringify([signOf("carrier-pigeon").path, signOf("carrier-pigeon").dash])]).size).toBe(
    clientTransports.length + 1,
  );
});
