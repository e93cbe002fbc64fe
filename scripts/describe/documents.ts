import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import packageJson from "../../package.json" with { type: "json" };
import { serverTransports } from "../../src/transports/registry.server.ts";
import { asyncapi } from "./asyncapi.ts";
import { openapi } from "./openapi.ts";
import { overheadTable } from "./overhead.ts";
import { fill } from "./sections.ts";
import { byeTable, errorTable, limitTable, settingTable, timingTable } from "./tables.ts";

/** A document made from code, in whole or in part. */
export interface Document {
  /** Relative to the repository's root. */
  readonly path: string;
  /** What it should hold, given what it holds now. */
  make(present: string): string;
}

/** Root of the repository, as a file URL ending in a slash. */
export const ROOT = new URL("../../", import.meta.url);

/** Every document that `npm run docs` writes. Starts a server for a moment, to count bytes on real sockets. */
export async function documents(): Promise<readonly Document[]> {
  const transports = serverTransports.map(({ name, title, duplex }) => ({ name, title, duplex }));
  const overhead = await overheadTable();
  return [
    { path: "openapi.json", make: () => `${JSON.stringify(openapi(packageJson.version, transports), null, 2)}\n` },
    {
      path: "asyncapi.yaml",
      make: () =>
        stringify(asyncapi(packageJson.version, transports), { lineWidth: 120, aliasDuplicateObjects: false }),
    },
    {
      path: "PROTOCOL.md",
      make: (present) =>
        fill(present, { errors: errorTable(), byes: byeTable(), limits: limitTable(), timings: timingTable() }),
    },
    { path: "docs/configuration.md", make: (present) => fill(present, { settings: settingTable() }) },
    { path: "README.md", make: (present) => fill(present, { overhead }) },
  ];
}

/** What a file of the repository holds; empty when it is not there yet. */
export async function presentText(path: string): Promise<string> {
  try {
    return await readFile(new URL(path, ROOT), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
