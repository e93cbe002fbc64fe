import { toJson } from "./decoder/json.ts";

/** A file is not the run it should be. The message says what is wrong, where, and what to do. */
export class RunFileError extends Error {
  override readonly name = "RunFileError";
}

/** A value of the file and where it stands, as in `entries[3].at`. */
export interface Found {
  readonly value: unknown;
  readonly path: string;
}

/** Throws: the value is not what it has to be. */
export function wrong({ value, path }: Found, wanted: string): never {
  const told = value === undefined ? "not there" : toJson(value).slice(0, 40);
  throw new RunFileError(
    `${path === "" ? "The file" : `\`${path}\``} should be ${wanted}, and is ${told}. Choose a file that the laboratory has saved.`,
  );
}

export function fieldsOf(found: Found): (name: string) => Found {
  const { value, path } = found;
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(found, "an object");
  const fields = new Map<string, unknown>(Object.entries(value));
  return (name) => ({ value: fields.get(name), path: path === "" ? name : `${path}.${name}` });
}

export function listOf<Item>(found: Found, atMost: number, read: (item: Found) => Item): Item[] {
  const { value, path } = found;
  if (!Array.isArray(value) || value.length > atMost)
    return wrong(found, `a list of at most ${atMost.toLocaleString("en")}`);
  return value.map((item: unknown, index) => read({ value: item, path: `${path}[${index}]` }));
}

export function numberOf(found: Found, from = 0, to = Number.MAX_SAFE_INTEGER): number {
  const { value } = found;
  return typeof value === "number" && value >= from && value <= to
    ? value
    : wrong(found, `a number from ${from} to ${to}`);
}

export function wholeOf(found: Found, from = 0, to = Number.MAX_SAFE_INTEGER): number {
  const number = numberOf(found, from, to);
  return Number.isInteger(number) ? number : wrong(found, "a whole number");
}

export function textOf(found: Found, atMost: number): string {
  const { value } = found;
  return typeof value === "string" && value.length <= atMost
    ? value
    : wrong(found, `a text of at most ${atMost.toLocaleString("en")} characters`);
}

export function flagOf(found: Found): boolean {
  const { value } = found;
  return typeof value === "boolean" ? value : wrong(found, "true or false");
}

export function oneOf<const Choice extends string>(found: Found, choices: readonly Choice[]): Choice {
  return choices.find((choice) => choice === found.value) ?? wrong(found, `one of ${choices.join(", ")}`);
}

export function orNull<Value>(found: Found, read: (found: Found) => Value): Value | null {
  return found.value === null ? null : read(found);
}
