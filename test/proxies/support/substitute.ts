/**
 * `text` with every occurrence of each key replaced by its value. A key that isn't there is an error: what a test takes
 * for the recommended configuration, or for a change to it, would be something else.
 */
export function substitute(text: string, changes: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [from, to] of Object.entries(changes)) {
    if (!result.includes(from)) throw new Error(`the configuration has no "${from}" to be replaced`);
    result = result.replaceAll(from, to);
  }
  return result;
}
