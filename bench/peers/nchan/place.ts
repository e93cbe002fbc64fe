import type { Credentials } from "../../generator/dialect.ts";

/** The id nchan gave a message: the second it was published in, and its number within that second. */
interface MessageId {
  readonly second: number;
  readonly number: number;
}

const ID = /^(\d+):(\d+)$/;

/** What a member of nchan is known by: there are no sessions, only the id of the message it has read last. */
export function credentialsAt(cursor: string): Credentials {
  return { session: "", cursor };
}

/** Takes "1795381063:1" apart. Throws a RangeError when it isn't an id of one channel. */
function parseMessageId(cursor: string): MessageId {
  const match = ID.exec(cursor);
  if (match === null) throw new RangeError(`"${cursor}" is no message id of nchan`);
  return { second: Number(match[1]), number: Number(match[2]) };
}

/** The headers by which a long poll says what it has read last, as nchan's answers have them. */
export function conditionalHeaders(cursor: string): { readonly modified: string; readonly etag: string } {
  const { second, number } = parseMessageId(cursor);
  return { modified: new Date(second * 1_000).toUTCString(), etag: String(number) };
}

/** The cursor an answer's Last-Modified and Etag stand for. */
export function cursorOf(modified: string, etag: string): string {
  return `${Date.parse(modified) / 1_000}:${etag}`;
}
