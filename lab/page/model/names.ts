/** The words after a message's name, over and over, up to the wanted size. */
const FILLER = "the same message on every lane, ";

/** How the page tells its messages apart: the first word of their text, the same on every lane. */
export function nameOf(text: string): string | null {
  return /^m[0-9]+(?= |$)/.exec(text)?.[0] ?? null;
}

/** The text of the message with this number, of so many bytes or as few as its name needs. */
export function textOf(number: number, bytes: number): string {
  const name = `m${number}`;
  if (bytes <= name.length) return name;
  const room = bytes - name.length - 1;
  return `${name} ${FILLER.repeat(Math.ceil(room / FILLER.length)).slice(0, room)}`;
}
