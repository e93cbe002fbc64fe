import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { signOf } from "../../../public/view/signs.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";

const PAGE = fileURLToPath(new URL("../../../public/", import.meta.url));

test("no transport is named in the page but in the table of signs, so that another one needs no edit", () => {
  const sources = readdirSync(PAGE, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
  expect(sources.length).toBeGreaterThan(40);
  const names = clientTransports.map(({ name }) => `"${name}"`);
  const naming = sources.filter((path) => names.some((name) => readFileSync(join(PAGE, path), "utf8").includes(name)));
  expect(naming).toEqual([join("view", "signs.ts")]);
});

test("every registered transport has a sign of its own, and an unknown one a neutral sign", () => {
  const looks = clientTransports.map(({ name }) => JSON.stringify([signOf(name).path, signOf(name).dash]));
  expect(new Set([...looks, JSON.stringify([signOf("carrier-pigeon").path, signOf("carrier-pigeon").dash])]).size).toBe(
    clientTransports.length + 1,
  );
});
