import type { RawConnection } from "./raw.ts";

/** The bytes of one answer, apart. */
export interface Answer {
  readonly head: string;
  readonly body: string;
}

const BLANK = "\r\n\r\n";

/** Reads one answer: as long as its Content-Length says, or, where it has none, until `enough` of its body has come. */
export async function readAnswer(connection: RawConnection, enough: (body: string) => boolean): Promise<Answer> {
  await connection.until((bytes) => bytes.includes(BLANK));
  const end = connection.received.indexOf(BLANK);
  if (end < 0) throw new Error(`the connection ended within a head: ${connection.received.toString()}`);
  const head = connection.take(end + BLANK.length).toString();
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const bodiless = /^HTTP\/1.1 (101|204)/.test(head);
  if (bodiless) return { head, body: "" };
  if (length !== undefined) {
    await connection.until((bytes) => bytes.length >= Number(length));
    return { head, body: connection.take(Number(length)).toString() };
  }
  await connection.until((bytes) => enough(bytes.toString()));
  return { head, body: connection.take(connection.received.length).toString() };
}
