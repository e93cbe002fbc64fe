import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GENERATED = /(^|\/)(node_modules|dist|peers|results)(\/|$)/;

export interface Import {
  /** A file of ours by its path from the root, or a package. */
  readonly to: string;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** Every TypeScript file of a folder, with what it imports. */
export async function readSources(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !GENERATED.test(path));
  return Promise.all(paths.toSorted().map(readSource));
}

async function readSource(path: string): Promise<SourceFile> {
  const text = await readFile(join(ROOT, path), "utf8");
  return { path, text, lines: text.split("\n").length - 1, imports: importsOf(path, text) };
}

/** What a file imports, statically, by re-export, dynamically or for its types alone. */
export function importsOf(path: string, text: string): Import[] {
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} can't be parsed: ${errors[0]?.message}`);
  const found: { from: string; typeOnly: boolean }[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    found.push({ from: moduleRequest.value, typeOnly: entries.length > 0 && entries.every(({ isType }) => isType) });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest !== null && moduleRequest !== undefined)
        found.push({ from: moduleRequest.value, typeOnly: isType });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^["'`](.*)["'`]$/s.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
    if (literal !== undefined) found.push({ from: literal, typeOnly: false });
  }
  // `import("./x.ts").Thing` as a type, which the parser does not list.
  for (const [, from] of text.matchAll(/(?<!await )\bimport\("([^"]+)"\)\./g)) {
    if (from !== undefined) found.push({ from, typeOnly: true });
  }
  return found.map(({ from, typeOnly }) => ({
    to: from.startsWith(".") ? posix.join(dirname(path), from) : packageOf(from),
    typeOnly,
  }));
}

function packageOf(from: string): string {
  if (from.startsWith("node:")) return from;
  return from.split("/", from.startsWith("@") ? 2 : 1).join("/");
}

/** The files reached from `start` by imports that exist when the code runs, and the packages they name. */
export function reachedAtRuntime(files: readonly SourceFile[], start: readonly string[]) {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const packages = new Map<string, string>();
  const queue = [...start];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { to, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly) continue;
      if (byPath.has(to)) queue.push(to);
      else packages.set(to, path);
    }
  }
  return { files: reached, packages };
}

/** Files or folders, each with those it imports. */
export type Graph = ReadonlyMap<string, Iterable<string>>;

/** Returns which files import which, for types too. */
export function fileGraph(files: readonly SourceFile[]): Graph {
  return new Map(files.map(({ path, imports }) => [path, imports.map(({ to }) => to)]));
}

/** Returns which folders import which, for types too. Files for which `folderOf` returns undefined are left out. */
export function folderGraph(
  files: readonly SourceFile[],
  folderOf: (path: string) => string | undefined,
): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { path, imports } of files) {
    const folder = folderOf(path);
    if (folder === undefined) continue;
    const targets = graph.get(folder) ?? new Set();
    graph.set(folder, targets);
    for (const { to } of imports) {
      const target = folderOf(to);
      if (target !== undefined && target !== folder) targets.add(target);
    }
  }
  return graph;
}

/** Returns a circle of imports, its first element repeated at its end; null if there is none. */
export function findCycle(graph: Graph): string[] | null {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] | null => {
    const seen = trail.indexOf(node);
    if (seen >= 0) return [...trail.slice(seen), node];
    if (done.has(node)) return null;
    for (const to of graph.get(node) ?? []) {
      const cycle = visit(to, [...trail, node]);
      if (cycle !== null) return cycle;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
