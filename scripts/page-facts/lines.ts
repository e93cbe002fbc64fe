import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";

/** Lines of TypeScript that are neither empty nor comment alone. */
export function linesOf(path: string, text: string): number {
  const { comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} can't be parsed: ${errors[0]?.message}`);
  let bare = text;
  for (const { start, end } of comments) {
    bare = bare.slice(0, start) + bare.slice(start, end).replaceAll(/[^\n]/g, " ") + bare.slice(end);
  }
  return bare.split("\n").filter((line) => line.trim() !== "").length;
}

/** The same of all files of a folder together, those in folders of it too. */
export function linesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .reduce((sum, name) => sum + linesOf(name, readFileSync(join(folder, name), "utf8")), 0);
}
