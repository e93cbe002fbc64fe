/** What the doctor found out about one thing. */
export interface Check {
  readonly name: string;
  /** "warn": results are usable, with the limit named in mind. "fail": results would be wrong. */
  readonly verdict: "ok" | "warn" | "fail";
  /** What was found, with its number. */
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly advice: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, verdict: "ok", found, advice: null };
}

export function warn(name: string, found: string, advice: string): Check {
  return { name, verdict: "warn", found, advice };
}

export function fail(name: string, found: string, advice: string): Check {
  return { name, verdict: "fail", found, advice };
}

const NAME_WIDTH = 23;

/** One check for people: a line, and another with what to do. */
export function describeCheck({ name, verdict, found, advice }: Check): string {
  const line = `${verdict.padEnd(4)}  ${name.padEnd(NAME_WIDTH)}  ${found}`;
  return advice === null ? line : `${line}\n${" ".repeat(NAME_WIDTH + 8)}→ ${advice}`;
}
