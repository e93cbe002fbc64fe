#!/usr/bin/env node
// The command's entry. It checks the version of Node before it imports code that an older one can't load. So its only
// static imports are Node's own, and it runs on every Node that has modules.
import { existsSync, readFileSync } from "node:fs";

// Two folders up from the sources, four from the built package.
const up = existsSync(new URL("../../package.json", import.meta.url)) ? "../../" : "../../../../";
const manifest: { readonly version: string; readonly engines: { readonly node: string } } = JSON.parse(
  readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8"),
);
const needed = Number(/[0-9]+/.exec(manifest.engines.node)?.[0]);

if (process.argv.includes("--version")) {
  console.log(manifest.version);
} else if (Number.parseInt(process.versions.node, 10) < needed) {
  console.error(
    `Skyrocket needs Node ${needed} or later, from https://nodejs.org. This is Node ${process.versions.node} (${process.execPath}).`,
  );
  process.exitCode = 1;
} else {
  const { main } = await import("./command.ts");
  await main();
}
