import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linesIn, linesOf } from "./lines.ts";
import { type Support, supportOf } from "./support.ts";

/** What the page says of this project's sources and of browsers, found when it is built. */
export interface PageFacts {
  /** Lines of source without comments: of each transport's halves, by its name. */
  readonly transports: Readonly<Record<string, TransportLines>>;
  /** What transports have in common. */
  readonly shared: number;
  /** The client around them: sessions, cursors, retries, switching. */
  readonly client: number;
  /** By caniuse's names. */
  readonly support: Readonly<Record<string, Support>>;
}

export interface TransportLines {
  readonly client: number;
  readonly server: number;
  /** How events are framed: of both ends. */
  readonly wire: number;
}

const FEATURES = ["fetch", "eventsource", "websockets"];

/** `root`: the folder of the project. */
export function readFacts(root: string): PageFacts {
  const folder = join(root, "src", "transports");
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "shared")
    .map(({ name }) => name);
  const half = (name: string, file: string): number =>
    linesOf(`${file}.ts`, readFileSync(join(folder, name, `${file}.ts`), "utf8"));
  return {
    transports: Object.fromEntries(
      names.map((name) => [
        name,
        { client: half(name, "client"), server: half(name, "server"), wire: half(name, "wire") },
      ]),
    ),
    shared: linesIn(join(folder, "shared")),
    client: linesIn(join(root, "src", "client")),
    support: Object.fromEntries(FEATURES.map((name) => [name, supportOf(name)])),
  };
}
