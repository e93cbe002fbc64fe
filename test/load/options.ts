/** A whole number from the command line. Throws, naming the option, for anything else. */
export function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} ${text}: it takes a whole number from ${least} on`);
}

/** Mebibytes, for people. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
