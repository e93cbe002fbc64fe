import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ShippedName } from "../../../lab/page/replay/shipped-runs.ts";

/** The text of a run's file, as the page ships it. */
export function runText(name: ShippedName): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../../lab/page/static/runs/${name}.json`, import.meta.url)), "utf8");
}
