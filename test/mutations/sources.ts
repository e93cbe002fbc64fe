import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Comment, type Node, type Program, parseSync } from "oxc-parser";

/** A file of `src`, parsed. */
export interface Source {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** Where a symbol is declared. */
export interface Declaration {
  readonly name: string;
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Finds classes, functions, objects and their members by name, whichever file of a tree's `src` declares them. */
export class Sources {
  readonly #declarations: readonly Declaration[];

  constructor(root: string) {
    const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .map((path) => `src/${path.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".ts"))
      .toSorted();
    this.#declarations = paths.flatMap((path) => declarationsOf(parse(path, readFileSync(join(root, path), "utf8"))));
  }

  /** Returns where a symbol is declared. Throws unless exactly one file declares it. */
  find(name: string): Declaration {
    const found = this.#declarations.filter((each) => each.name === name);
    const [first, second] = found;
    if (first === undefined) {
      const last = name.slice(name.lastIndexOf(".") + 1);
      const alike = this.#declarations.map((each) => each.name).filter((each) => each.split(".").includes(last));
      const hint = alike.length === 0 ? "" : ` Declared are: ${alike.join(", ")}.`;
      throw new Error(`src declares no ${name}. If it was renamed, use its new name.${hint}`);
    }
    if (second !== undefined) {
      const places = found.map(({ source }) => source.path).join(", ");
      throw new Error(
        `src declares ${name} more than once (${places}). Rename one, or name a member or a caller instead.`,
      );
    }
    return first;
  }
}

/** Parses a file. Throws if its text is not TypeScript. */
export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} can't be parsed: ${error.message}`);
  return { path, text, program, comments };
}

function declarationsOf(source: Source): Declaration[] {
  const declare = (name: string, { start, end }: Node): Declaration => ({ name, source, start, end });
  return source.program.body.flatMap((statement) => {
    const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    switch (node?.type) {
      case "FunctionDeclaration":
        return node.id === null ? [] : [declare(node.id.name, node)];
      case "ClassDeclaration": {
        const name = node.id?.name ?? "";
        return [
          declare(name, node),
          ...membersOf(node.body.body).map(([key, member]) => declare(`${name}.${key}`, member)),
        ];
      }
      case "VariableDeclaration":
        return node.declarations.flatMap(({ id, init }) => {
          if (id.type !== "Identifier" || init === null) return [];
          const members = init.type === "ObjectExpression" ? membersOf(init.properties) : [];
          return [declare(id.name, init), ...members.map(([key, member]) => declare(`${id.name}.${key}`, member))];
        });
      default:
        return [];
    }
  });
}

function membersOf(nodes: readonly Node[]): [key: string, member: Node][] {
  return nodes.flatMap((node): [string, Node][] => {
    if (!("key" in node)) return [];
    if (node.key.type === "Identifier") return [[node.key.name, node]];
    return node.key.type === "PrivateIdentifier" ? [[`#${node.key.name}`, node]] : [];
  });
}
