import { existsSync } from "node:fs";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { importsOf } from "../architecture/imports.ts";
import { ROOT, read } from "./support/documents.ts";

// The walks of docs/architecture.md: numbered steps "`file` `name`: sentence". Every name must be declared in its file, and
// a step must lead to the next by an import or through a port that its sentence names.

/** The most files a walk may lead through, by the beginning of its heading. */
const MOST_FILES: Readonly<Record<string, number>> = {
  "A message": 12,
  "A long poll": 7,
  "A client reconnects": 8,
  "A race lane": 9,
};

const CONTRACT = /^src\/transports\/contract(\.server)?\.ts$/;

interface Step {
  readonly file: string;
  readonly names: readonly string[];
  /** Interfaces through which this step's file and the one before it, or after it, meet. */
  readonly ports: readonly string[];
  readonly line: string;
}

const walks = read("docs/architecture.md")
  .split(/^### /m)
  .slice(1)
  .map((section) => ({ title: section.split("\n", 1)[0] ?? "", steps: stepsOf(section) }))
  .filter(({ steps }) => steps.length > 0);

describe("the walks of docs/architecture.md", () => {
  test("are the four that the page promises", () => {
    expect(walks.map(({ title }) => Object.keys(MOST_FILES).find((start) => title.startsWith(start)))).toEqual(
      Object.keys(MOST_FILES),
    );
  });

  test.for(walks)('every file and name in the walk "$title" exists', ({ steps }) => {
    for (const { file, names, line } of steps) {
      expect(existsSync(new URL(file, ROOT)), line).toBe(true);
      const declared = declarationsOf(file);
      expect(names.length, line).toBeGreaterThan(0);
      for (const name of names) expect([...declared], line).toContain(name);
    }
  });

  test.for(walks)('each step of the walk "$title" leads to the next by an import or a named port', ({ steps }) => {
    for (const [index, step] of steps.entries()) {
      const before = steps[index - 1];
      if (before !== undefined) expect(areConnected(before, step), `${before.line}\n${step.line}`).toBe(true);
    }
  });

  test.for(walks)('the walk "$title" leads through few files', ({ title, steps }) => {
    const most = Object.entries(MOST_FILES).find(([start]) => title.startsWith(start))?.[1];
    const files = new Set(steps.map(({ file }) => file));
    expect(files.size, [...files].join("\n")).toBeLessThanOrEqual(most ?? 0);
    expect(title).toContain(`(${files.size} files)`);
  });
});

describe("the check of the walks", () => {
  const step = (file: string, port?: string): Step => ({
    file,
    names: [],
    ports: port === undefined ? [] : [port],
    line: "",
  });

  test("finds no connection between files that don't know each other", () => {
    const cursor = step("src/protocol/cursor.ts");
    expect(areConnected(cursor, step("src/server/options.ts"))).toBe(false);
    expect(areConnected(cursor, step("src/server/options.ts", "Outlet"))).toBe(false);
    expect(areConnected(cursor, step("src/protocol/cursor.ts"))).toBe(true);
  });

  test("sees functions, classes and their members, and members of objects", () => {
    const text = `
      export function outer() { function inner() {} return inner; }
      export class Box { #full() {} open = () => 1; get size() { return 1; } static of() {} }
      export const table = { make() {}, other: 2 };
      export interface Port { send(): void }
    `;
    expect([...namesIn("sample.ts", text)].toSorted()).toEqual(
      [
        "outer",
        "inner",
        "Box",
        "Box.#full",
        "Box.open",
        "Box.size",
        "Box.of",
        "table",
        "table.make",
        "table.other",
        "Port",
        "Port.send",
      ].toSorted(),
    );
  });
});

/** The numbered steps of a section; a step goes on over indented lines. */
function stepsOf(section: string): readonly Step[] {
  return [...section.replace(/\n +/g, " ").matchAll(/^\d+\. `([^`]+\.tsx?)` ((?:`[^`]+`(?:, | and )?)+): (.+)$/gm)].map(
    ([line, file = "", names = "", sentence = ""]) => ({
      file,
      names: quoted(names),
      ports: [...sentence.matchAll(/ports? ((?:`[A-Za-z]+`(?:, | and )?)+)/g)].flatMap(([, ports = ""]) =>
        quoted(ports),
      ),
      line,
    }),
  );
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

function areConnected(before: Step, after: Step): boolean {
  if (before.file === after.file || imports(before.file, after.file) || imports(after.file, before.file)) return true;
  return [...before.ports, ...after.ports].some(
    (port) => meetAt(port, before.file, after.file) || meetAt(port, after.file, before.file),
  );
}

/** True if one file knows the port, and the other knows it too or is a part of it. */
function meetAt(port: string, one: string, other: string): boolean {
  const declaring = [one, ...importedBy(one)].find((file) => declarationsOf(file).has(port));
  return knowsPort(one, port) && (knowsPort(other, port) || (declaring !== undefined && imports(declaring, other)));
}

/**
 * True if the file declares the port, or names it and imports a file that declares it. A transport may know it through its
 * contract.
 */
function knowsPort(file: string, port: string): boolean {
  if (declarationsOf(file).has(port)) return true;
  const imported = importedBy(file);
  if (imported.some((to) => CONTRACT.test(to) && knowsPort(to, port))) return true;
  return new RegExp(`\\b${port}\\b`).test(read(file)) && imported.some((to) => declarationsOf(to).has(port));
}

/** True if a file imports another, itself or through an index. */
function imports(from: string, to: string): boolean {
  return importedBy(from).some((file) => file === to || (file.endsWith("/index.ts") && importedBy(file).includes(to)));
}

/** Files of ours that a file imports. */
function importedBy(file: string): readonly string[] {
  return importsOf(file, read(file))
    .map(({ to }) => to)
    .filter((to) => /\.tsx?$/.test(to) && existsSync(new URL(to, ROOT)));
}

function declarationsOf(file: string): ReadonlySet<string> {
  return namesIn(file, read(file));
}

/** Every name that a file declares; members of classes, interfaces and objects as `Owner.member`. */
function namesIn(file: string, text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: unknown, owner: string | null): void => {
    if (Array.isArray(node)) for (const part of node) visit(part, owner);
    if (!isNode(node)) return;
    const inner = declare(node, owner);
    for (const part of Object.values(node)) visit(part, inner);
  };
  /** Notes the name that a node declares. Returns the owner of what is inside. */
  const declare = (node: Node, owner: string | null): string | null => {
    switch (node["type"]) {
      case "FunctionDeclaration":
      case "TSTypeAliasDeclaration":
        names.add(nameOf(node["id"]));
        return null;
      case "ClassDeclaration":
      case "TSInterfaceDeclaration":
      case "VariableDeclarator":
        names.add(nameOf(node["id"]));
        return nameOf(node["id"]);
      case "MethodDefinition":
      case "PropertyDefinition":
      case "Property":
      case "TSMethodSignature":
      case "TSPropertySignature":
        if (owner !== null) names.add(`${owner}.${nameOf(node["key"])}`);
        return null;
      case "ArrowFunctionExpression":
      case "FunctionExpression":
      case "BlockStatement":
        return null;
      default:
        return owner;
    }
  };
  visit(parseSync(file, text).program, null);
  return names;
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  return node["type"] === "PrivateIdentifier" ? `#${String(node["name"])}` : String(node["name"] ?? "");
}
