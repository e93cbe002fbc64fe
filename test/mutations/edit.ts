import { Visitor } from "oxc-parser";
import type { Edit, Mutation } from "./contract.ts";
import { type Declaration, parse, type Source, type Sources } from "./sources.ts";

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Returns the file that a mutation changes, and its new text. Throws if the mutation no longer fits the source. */
export function apply(mutation: Mutation, sources: Sources): { readonly path: string; readonly text: string } {
  try {
    const declaration = sources.find(mutation.in);
    const { path, text } = declaration.source;
    const { start, end } = place(mutation, declaration);
    const changed = text.slice(0, start) + mutation.becomes + text.slice(end);
    parse(path, changed);
    return { path, text: changed };
  } catch (error) {
    throw new Error(`mutation ${mutation.name}: ${error instanceof Error ? error.message : error}`);
  }
}

function place(edit: Edit, declaration: Declaration): Span {
  const { name, source } = declaration;
  if ("text" in edit) return only(occurrences(source, declaration, edit.text), edit.text, name, "text");
  const [kind, part] = "condition" in edit ? ["condition", edit.condition] : ["statement", edit.statement];
  const holders = (kind === "condition" ? conditionsOf(source) : statementsOf(source))
    .filter((node) => node.start >= declaration.start && node.end <= declaration.end)
    .filter((node) => occurrences(source, node, part).length > 0);
  const innermost = holders.filter((node) => !holders.some((other) => other !== node && contains(node, other)));
  return only(innermost, part, name, kind);
}

function only(found: readonly Span[], part: string, name: string, kind: string): Span {
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw new Error(
    first === undefined
      ? `${name} has no ${kind} with ${part}. Adapt the mutation to what ${name} does now.`
      : `${name} has ${found.length} ${kind}s with ${part}. Give a longer part, which only one has.`,
  );
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function conditionsOf({ program }: Source): Span[] {
  const found: Span[] = [];
  const note = ({ test }: { readonly test: Span | null }): void => {
    if (test !== null) found.push(test);
  };
  new Visitor({
    IfStatement: note,
    ConditionalExpression: note,
    WhileStatement: note,
    DoWhileStatement: note,
    ForStatement: note,
  }).visit(program);
  return found;
}

function statementsOf({ program }: Source): Span[] {
  const found: Span[] = [];
  new Visitor({ ExpressionStatement: (node) => found.push(node) }).visit(program);
  return found;
}

/** Returns where `part` occurs within a span, compared without whitespace, comments and trailing commas. */
function occurrences(source: Source, { start, end }: Span, part: string): Span[] {
  const at = [...significant(source, start, end)];
  const text = at.map((index) => source.text[index]).join("");
  const wanted = part.replaceAll(/\s/g, "");
  const found: Span[] = [];
  for (let from = text.indexOf(wanted); from >= 0; from = text.indexOf(wanted, from + 1)) {
    found.push({ start: at[from] ?? end, end: (at[from + wanted.length - 1] ?? end) + 1 });
  }
  return found;
}

/** Yields the positions of the characters that formatting does not change. */
function* significant({ text, comments }: Source, start: number, end: number): Generator<number> {
  const skipped = comments.filter((comment) => contains({ start, end }, comment));
  for (let index = start; index < end; index += 1) {
    const comment = skipped.find((each) => each.start === index);
    if (comment !== undefined) index = comment.end;
    if (index < end && !/\s/.test(text[index] ?? "") && !/^,\s*[)\]}]/.test(text.slice(index, index + 80))) yield index;
  }
}
