/** `npm run docs`: writes the documents, and parts of documents, that are generated from code. */
import { readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import packageJson from "../package.json" with { type: "json" };
import { serverTransports } from "../src/transports/registry.server.ts";
import { asyncapi } from "./describe/asyncapi.ts";
import { overheadTable } from "./describe/costs.ts";
import { openapi } from "./describe/openapi.ts";
import { byeTable, errorTable, limitTable, settingTable, timingTable } from "./describe/tables.ts";

/** A document that is generated from code, entirely or in part. */
export interface Document {
  /** Relative to the repository's root. */
  readonly path: string;
  /** Returns what the document should contain, given what it contains now. */
  make(present: string): string;
}

/** The repository's root, as a file URL with a final slash. */
const ROOT = new URL("../", import.meta.url);

/** Resolves to all generated documents. Starts servers briefly, to count bytes on real sockets. */
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

/** Resolves to the content of a file of the repository; empty if it doesn't exist yet. */
export async function presentText(path: string): Promise<string> {
  try {
    return await readFile(new URL(path, ROOT), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** The generated parts of a hand-written document, by the name in their markers. */
type Sections = Readonly<Record<string, string>>;

const MARKED = /(<!-- made by `npm run docs`: ([a-z-]+) -->\n)[\s\S]*?(<!-- end of \2 -->)/g;

/**
 * Returns the document with every marked part replaced. Throws if nothing generates a marked part, or if a generated part
 * has no markers.
 */
function fill(document: string, sections: Sections): string {
  const missing = new Set(Object.keys(sections));
  const filled = document.replace(MARKED, (_whole, open: string, name: string, close: string) => {
    const section = sections[name];
    if (section === undefined) throw new Error(`nothing generates the section "${name}": see scripts/describe.ts`);
    missing.delete(name);
    return `${open}${section}\n${close}`;
  });
  if (missing.size > 0) throw new Error(`the document has no markers for: ${[...missing].join(", ")}`);
  return filled;
}

if (import.meta.main) {
  for (const { path, make } of await documents()) {
    const present = await presentText(path);
    const made = make(present);
    if (made === present) {
      console.log(`${path} is up to date`);
    } else {
      await writeFile(new URL(path, ROOT), made);
      console.log(`${path} written`);
    }
  }
}
