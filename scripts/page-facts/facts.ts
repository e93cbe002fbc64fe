import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { agents, type Feature, feature, features } from "caniuse-lite/dist/unpacker/index.js";
import { parseSync } from "oxc-parser";

/** Facts about this project's sources and about browsers that the page shows, found when it is built. */
export interface PageFacts {
  /** Lines of source without comments of each transport, by its name. */
  readonly transports: Readonly<Record<string, TransportLines>>;
  /** Lines that all transports share. */
  readonly shared: number;
  /** Lines of the client: sessions, cursors, retries, switching. */
  readonly client: number;
  /** By caniuse's name of the feature. */
  readonly support: Readonly<Record<string, Support>>;
}

export interface TransportLines {
  readonly client: number;
  readonly server: number;
  /** The framing of events, which both ends use. */
  readonly wire: number;
}

const FEATURES = ["fetch", "eventsource", "websockets"];

/** Returns the facts. `root` is the folder of the project. */
export function readFacts(root: string): PageFacts {
  const folder = join(root, "src", "transports");
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "shared")
    .map(({ name }) => name);
  const linesOfPart = (name: string, file: string): number =>
    linesOf(`${file}.ts`, readFileSync(join(folder, name, `${file}.ts`), "utf8"));
  return {
    transports: Object.fromEntries(
      names.map((name) => [
        name,
        { client: linesOfPart(name, "client"), server: linesOfPart(name, "server"), wire: linesOfPart(name, "wire") },
      ]),
    ),
    shared: linesIn(join(folder, "shared")),
    client: linesIn(join(root, "src", "client")),
    support: Object.fromEntries(FEATURES.map((name) => [name, supportOf(name)])),
  };
}

/** Counts the lines of TypeScript without empty lines and comments. */
export function linesOf(path: string, text: string): number {
  const { comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} can't be parsed: ${errors[0]?.message}`);
  let bare = text;
  for (const { start, end } of comments) {
    bare = bare.slice(0, start) + bare.slice(start, end).replaceAll(/[^\n]/g, " ") + bare.slice(end);
  }
  return bare.split("\n").filter((line) => line.trim() !== "").length;
}

/** Counts the lines of all files in a folder and its subfolders. */
function linesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .reduce((sum, name) => sum + linesOf(name, readFileSync(join(folder, name), "utf8")), 0);
}

/** The support of browsers for a feature of the web. */
export interface Support {
  readonly title: string;
  /** Share of the world's page views by browsers that fully support it. */
  readonly percent: number;
  /** The first version that supports it, by browser. */
  readonly since: readonly { readonly browser: string; readonly version: string }[];
}

const BROWSERS = [
  ["chrome", "Chrome"],
  ["edge", "Edge"],
  ["firefox", "Firefox"],
  ["safari", "Safari"],
] as const;

/** Returns the support for a feature of caniuse-lite. Throws if there is none with this name. */
export function supportOf(name: string): Support {
  const packed = features[name];
  if (packed === undefined) throw new Error(`caniuse-lite has no feature "${name}". Its names are in data/features.`);
  const found = feature(packed);
  return { title: found.title, percent: percentOf(found), since: sinceOf(found) };
}

function percentOf({ stats }: Feature): number {
  let percent = 0;
  for (const [browser, versions] of Object.entries(stats)) {
    for (const [version, has] of Object.entries(versions)) {
      if (has.startsWith("y")) percent += agents[browser]?.usage_global[version] ?? 0;
    }
  }
  return Number(percent.toFixed(1));
}

function sinceOf({ stats }: Feature): Support["since"] {
  return BROWSERS.flatMap(([name, browser]) => {
    const version = agents[name]?.versions.find((one) => one !== null && stats[name]?.[one]?.startsWith("y"));
    return version == null ? [] : [{ browser, version }];
  });
}
