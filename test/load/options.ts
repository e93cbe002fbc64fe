/** Reads a whole number from the command line. Throws a RangeError that names the option for anything else. */
export function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} must be a whole number of at least ${least}, not "${text}"`);
}

/** Formats bytes as mebibytes. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
