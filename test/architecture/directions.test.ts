import { describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import {
  fileGraph,
  findCycle,
  folderGraph,
  importsOf,
  reachedAtRuntime,
  readSources,
  type SourceFile,
} from "./imports.ts";

const src = await readSources("src");
const lab = await readSources("lab");
const page = await readSources("public");
const others = (await Promise.all(["bench", "test", "scripts"].map(readSources))).flat();

interface Rule {
  /** Whose imports it is about. */
  readonly of: RegExp;
  /** Where they may lead; what else there is, may not be. */
  readonly may: readonly RegExp[];
  /** Where they may lead for types alone. */
  readonly mayForTypes?: readonly RegExp[];
}

/** Time and timers, which every folder may use. */
const CLOCK = /^src\/clock\.ts$/;
const PROTOCOL = /^src\/protocol\//;
/** Client code must reach no type of the server's, so each half has a contract of its own. */
const CONTRACT = /^src\/transports\/contract\.ts$/;
const SERVER_CONTRACT = /^src\/transports\/contract\.server\.ts$/;
const CLIENT_HALVES = /^src\/transports\/shared\/client\/[a-z-]+\.ts$/;
const PORTS = /^src\/chat\/ports\.ts$/;
const NODE = /^node:/;
const PACKAGE = /^(@[a-z-]+\/)?[a-z-]+$/;

/** The directions of docs/architecture.md. The first rule that is about a file counts. */
const RULES: readonly Rule[] = [
  { of: CLOCK, may: [] },
  { of: PROTOCOL, may: [PROTOCOL, /^typebox$/] },
  // The only file that knows the client library of Redis.
  { of: /^src\/log\/redis\/connection\.ts$/, may: [/^src\/log\//, /^@redis\/client$/] },
  { of: /^src\/log\//, may: [/^src\/(log|chat)\//, PROTOCOL, NODE] },
  { of: /^src\/chat\//, may: [/^src\/chat\//, PROTOCOL, /^node:crypto$/] },
  { of: CONTRACT, may: [], mayForTypes: [PROTOCOL] },
  { of: SERVER_CONTRACT, may: [], mayForTypes: [PORTS, PROTOCOL, /^fastify$/] },
  { of: /^src\/transports\/registry\.client\.ts$/, may: [CONTRACT, /^src\/transports\/[a-z-]+\/client\.ts$/] },
  { of: /^src\/transports\/registry\.server\.ts$/, may: [SERVER_CONTRACT, /^src\/transports\/[a-z-]+\/server\.ts$/] },
  { of: CLIENT_HALVES, may: [PROTOCOL, CONTRACT, CLIENT_HALVES] },
  {
    of: /^src\/transports\/shared\//,
    may: [PROTOCOL, SERVER_CONTRACT, NODE, /^src\/transports\/shared\//],
    mayForTypes: [PORTS, /^fastify$/],
  },
  {
    of: /^src\/transports\/[a-z-]+\/client\.ts$/,
    may: [PROTOCOL, CONTRACT, CLIENT_HALVES, /\/wire\.ts$/, /^eventsource-parser$/],
  },
  {
    of: /^src\/transports\/[a-z-]+\/wire\.ts$/,
    may: [PROTOCOL, /^src\/transports\/shared\//],
    mayForTypes: [CONTRACT],
  },
  {
    of: /^src\/transports\/[a-z-]+\/server\.ts$/,
    may: [PROTOCOL, SERVER_CONTRACT, /^src\/transports\/shared\//, /\/wire\.ts$/, NODE],
    mayForTypes: [PORTS, /^fastify$/, /^ws$/],
  },
  {
    of: /^src\/client\//,
    may: [/^src\/client\//, PROTOCOL, CONTRACT, CLIENT_HALVES, /^src\/transports\/registry\.client\.ts$/],
  },
  // What the page of the laboratory imports of it, and so no module of Node's.
  {
    of: /^lab\/engine\/((weather|run|control|run-file|redact-sessions)\.ts$|decoder\/)/,
    may: [/^lab\/engine\//, PROTOCOL],
  },
  { of: /^lab\/engine\/proxy\//, may: [/^lab\/engine\/(proxy\/|weather\.ts$)/, NODE] },
  {
    of: /^lab\/engine\//,
    may: [
      /^lab\/engine\//,
      PROTOCOL,
      NODE,
      /^src\/server\/(page|failures|access)\.ts$/,
      /^(@fastify\/static|typebox|ws)$/,
    ],
    mayForTypes: [/^fastify$/, /^src\/server\/(options|server)\.ts$/],
  },
  // The composition root, and nothing else under src, hands the laboratory to the server.
  { of: /^src\/server\/command\.ts$/, may: [/^src\//, /^lab\/engine\/routes\.ts$/, NODE] },
  { of: /^src\//, may: [/^src\//, NODE, /^(@fastify\/[a-z-]+|fastify|pino|prom-client)$/] },
  {
    of: /^(public|lab\/page)\//,
    may: [
      /^(public|lab)\//,
      /^src\/client\//,
      PROTOCOL,
      CONTRACT,
      /^src\/transports\/registry\.client\.ts$/,
      /^bench\/statistics\/histogram\.ts$/,
      PACKAGE,
    ],
    // What is counted when the page is built; of its own it can't count.
    mayForTypes: [/^scripts\/page-facts\/facts\.ts$/],
  },
];

function offences(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const rule = RULES.find(({ of }) => of.test(path));
    return imports
      .filter(({ to, typeOnly }) => {
        const allowed = [CLOCK, ...(rule?.may ?? []), ...(typeOnly ? (rule?.mayForTypes ?? []) : [])];
        return !allowed.some((pattern) => pattern.test(to));
      })
      .map(({ to, typeOnly }) => `${path} must not import ${to}${typeOnly ? " (for types)" : ""}`);
  });
}

/** Returns a file's top-level folder. The composition root imports from all, and belongs to none. */
function folderOf(path: string): string | undefined {
  return path === "src/server/command.ts" ? undefined : /^((src|lab)\/[a-z]+|public|bench)\//.exec(path)?.[1];
}

describe("imports", () => {
  test("there is something to look at", () => {
    expect(src.length).toBeGreaterThan(40);
    expect(src.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  test("follow the directions of the architecture", () => {
    expect(offences([...src, ...lab, ...page])).toEqual([]);
  });

  test("no transport knows another", () => {
    const folderOf = (path: string): string | undefined => /^src\/transports\/([a-z-]+)\//.exec(path)?.[1];
    const strangers = src.flatMap(({ path, imports }) => {
      const own = folderOf(path);
      return imports
        .filter(
          ({ to }) =>
            own !== undefined && folderOf(to) !== undefined && folderOf(to) !== own && folderOf(to) !== "shared",
        )
        .map(({ to }) => `${path} imports ${to}`);
    });
    expect(strangers).toEqual([]);
  });

  test("nothing under src needs the page, the bench or the tests", () => {
    const outside = src.flatMap(({ path, imports }) =>
      imports.filter(({ to }) => /^(public|bench|test|scripts)\//.test(to)).map(({ to }) => `${path} imports ${to}`),
    );
    expect(outside).toEqual([]);
  });

  test("go in no circle", () => {
    expect(findCycle(fileGraph([...src, ...lab, ...page, ...others]))).toBeNull();
  });

  test("between folders go in no circle", () => {
    const product = [...src, ...lab, ...page, ...others].filter(({ path }) => !/^(test|scripts)\//.test(path));
    expect(findCycle(folderGraph(product, folderOf))).toBeNull();
  });

  test("lead to files that are there", () => {
    const all = new Set([...src, ...lab, ...page, ...others].map(({ path }) => path));
    const dangling = src.flatMap(({ path, imports }) =>
      imports.filter(({ to }) => to.startsWith("src/") && !all.has(to)).map(({ to }) => `${path} imports ${to}`),
    );
    expect(dangling).toEqual([]);
  });

  test("of what the laboratory's page uses bring nothing of the server into a browser", () => {
    const shared = lab.filter(({ path }) =>
      /^lab\/engine\/((weather|run|control|run-file|redact-sessions)\.ts$|decoder\/)/.test(path),
    );
    const { packages } = reachedAtRuntime(
      [...src, ...lab],
      shared.map(({ path }) => path),
    );
    expect(shared.length).toBeGreaterThan(3);
    expect([...packages.keys()]).toEqual([]);
  });

  test("of the client bring neither Node nor the schemas into a browser", () => {
    const { files, packages } = reachedAtRuntime(src, ["src/client/index.ts", "src/transports/registry.client.ts"]);
    expect(files.size).toBeGreaterThan(20);
    expect([...packages.keys()]).toEqual(["eventsource-parser"]);
    expect([...files].filter((path) => path.startsWith("src/chat/") || path.endsWith("/server.ts"))).toEqual([]);
  });
});

const SMALL_LINES = 50;
/** Files under `SMALL_LINES` with one importer that stay files of their own, by the end of their path, and why. */
const SMALL_FILES: readonly (readonly [path: RegExp, reason: string])[] = [
  [
    /^src\/transports\/[a-z-]+\/(client|server|wire)\.ts$/,
    "each end of a transport has a file, in every transport's folder",
  ],
  [/^src\/server\/main\.ts$/, "the entry, which older versions of Node must be able to read"],
  [/^bench\/scenarios\/registry\.ts$/, "a registry"],
];

/** Returns files under `SMALL_LINES` that exactly one other of these files imports. */
function smallWithOneImporter(files: readonly SourceFile[]): string[] {
  const importers = Map.groupBy(
    files.flatMap(({ path, imports }) => [...new Set(imports.map(({ to }) => to))].map((to) => ({ path, to }))),
    ({ to }) => to,
  );
  return files
    .filter(({ path, lines }) => lines < SMALL_LINES && importers.get(path)?.length === 1)
    .map(({ path }) => path);
}

describe("sizes", () => {
  test("no source file is over 500 lines", () => {
    const long = [...src, ...lab, ...page, ...others].filter(({ lines }) => lines > 500);
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  test("a file under 50 lines with one importer has a reason to be one", () => {
    const product = [...src, ...lab, ...page, ...others].filter(({ path }) => !path.startsWith("test/"));
    const small = smallWithOneImporter(product);
    const unexplained = small.filter((path) => !SMALL_FILES.some(([pattern]) => pattern.test(path)));
    expect(unexplained, "move each into the file that imports it, or give its reason in SMALL_FILES").toEqual([]);
    expect(SMALL_FILES.filter(([pattern]) => !small.some((path) => pattern.test(path)))).toEqual([]);
  });

  test("the product is at most 430 files with a median of at least 75 lines", () => {
    const lines = [...src, ...lab, ...page, ...others]
      .filter(({ path }) => !path.startsWith("test/"))
      .map((file) => file.lines)
      .toSorted((one, other) => one - other);
    expect(lines.length).toBeLessThanOrEqual(430);
    expect(lines[Math.floor(lines.length / 2)]).toBeGreaterThanOrEqual(75);
  });

  test("a transport's server half, with its wire, is under 200 lines", () => {
    const halves = src.filter(({ path }) => /^src\/transports\/[a-z-]+\/server\.ts$/.test(path));
    expect(halves).toHaveLength(clientTransports.length);
    expect(halves.filter(({ lines }) => lines >= 200).map(({ path }) => path)).toEqual([]);
  });
});

describe("names", () => {
  /** The token of an HTTP upgrade (RFC 9110, section 7.8), which is not a transport's name though it is spelled alike. */
  const UPGRADE_TOKEN = /headers\.upgrade\S* === "websocket"/g;

  test.each(clientTransports)("$name stands in no core file", ({ name }) => {
    const core = src.filter(({ path }) =>
      /^src\/(protocol|chat|client)\/|^src\/server\/(server|world)\.ts$/.test(path),
    );
    const word = new RegExp(`(?<![\\w-])${name}(?![\\w-])`);
    const named = core.flatMap(({ path, text }) =>
      text
        .replaceAll(UPGRADE_TOKEN, "")
        .split("\n")
        .flatMap((line, index) => (word.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(named).toEqual([]);
  });

  test("exports are named", () => {
    const unnamed = [...src, ...others].filter(({ text }) => /^export default /m.test(text));
    expect(unnamed.map(({ path }) => path)).toEqual([]);
  });
});

describe("the reader of imports", () => {
  test("sees every kind there is", () => {
    const text = `import a from "./a.ts"; import type { B } from "./b.ts"; import { type C } from "./c.ts";
      import "./d.ts"; export { e } from "./e.ts"; export type { F } from "./f.ts"; export * from "./g.ts";
      const h = await import("./h.ts"); type I = import("./i.ts").I; import "@scope/package/deep"; import "node:fs/promises";`;
    expect(importsOf("src/x/file.ts", text).toSorted((one, other) => one.to.localeCompare(other.to))).toEqual([
      { to: "@scope/package", typeOnly: false },
      { to: "node:fs/promises", typeOnly: false },
      { to: "src/x/a.ts", typeOnly: false },
      { to: "src/x/b.ts", typeOnly: true },
      { to: "src/x/c.ts", typeOnly: true },
      { to: "src/x/d.ts", typeOnly: false },
      { to: "src/x/e.ts", typeOnly: false },
      { to: "src/x/f.ts", typeOnly: true },
      { to: "src/x/g.ts", typeOnly: false },
      { to: "src/x/h.ts", typeOnly: false },
      { to: "src/x/i.ts", typeOnly: true },
    ]);
  });

  test("finds circles of files and of folders, also of types alone", () => {
    const file = (path: string, to: string, typeOnly: boolean): SourceFile => ({
      path,
      text: "",
      lines: 1,
      imports: [{ to, typeOnly }],
    });
    const files = [file("a/x", "b/x", false), file("b/x", "c/x", false), file("c/x", "b/y", true)];
    expect(findCycle(fileGraph(files))).toBeNull();
    expect(findCycle(fileGraph([...files, file("b/y", "c/x", true)]))).toEqual(["c/x", "b/y", "c/x"]);
    expect(findCycle(folderGraph(files, (path) => path.split("/")[0]))).toEqual(["b", "c", "b"]);
  });

  test("finds an import that goes the wrong way", () => {
    const wrong = (path: string, to: string, typeOnly = false): string[] =>
      offences([{ path, text: "", lines: 1, imports: [{ to, typeOnly }] }]);
    expect(wrong("src/protocol/x.ts", "src/chat/room.ts", true)).toHaveLength(1);
    expect(wrong("src/chat/x.ts", "fastify", true)).toHaveLength(1);
    expect(wrong("src/chat/x.ts", "src/log/memory.ts", true)).toHaveLength(1);
    expect(wrong("src/transports/sse/client.ts", "src/chat/ports.ts", true)).toHaveLength(1);
    expect(wrong("src/transports/sse/server.ts", "src/chat/hub.ts", true)).toHaveLength(1);
    expect(wrong("src/client/x.ts", "node:net")).toHaveLength(1);
    expect(wrong("public/x.ts", "src/chat/room.ts")).toHaveLength(1);
    expect(wrong("src/chat/x.ts", "lab/engine/lab-session.ts")).toHaveLength(1);
    expect(wrong("lab/engine/weather.ts", "node:net")).toHaveLength(1);
    expect(wrong("lab/engine/x.ts", "src/chat/hub.ts", true)).toHaveLength(1);
  });
});
