import { ERRORS, isErrorCode } from "../../../src/protocol/errors.ts";
import { Finding } from "../contract.ts";

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** It has no length: what follows belongs to it until the connection's end. */
  readonly endless: boolean;
  /** Bytes it took. */
  readonly length: number;
}

const BODILESS = new Set([101, 204, 304]);
/** What would show how the server is made. */
const STACK = /node_modules|node:internal|\.[jt]s:[0-9]+|\n\s+at /;

/** The first answer in `bytes`, once it is whole; null before. Interim answers (100) are passed over. */
export function answerIn(bytes: Buffer, method: string, skipped = 0): RawAnswer | null {
  const head = bytes.indexOf("\r\n\r\n", skipped);
  if (head < 0) return null;
  const [first = "", ...lines] = bytes.toString("latin1", skipped, head).split("\r\n");
  const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(first)?.[1]);
  if (!Number.isInteger(status)) throw new Finding("wrong", `an answer begins with ${JSON.stringify(first)}`);
  if (status === 100) return answerIn(bytes, method, head + 4);
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const length = headers.get("content-length");
  const bodiless = BODILESS.has(status) || method === "HEAD";
  const start = head + 4;
  const end = start + (bodiless ? 0 : Number(length ?? 0));
  if (bytes.length < end) return null;
  const endless = !bodiless && length === undefined;
  return { status, headers, body: bytes.toString("utf8", start, end), endless, length: end };
}

/** That a refusal is an entry of the error table and tells nothing else; that nothing is an internal error. */
export function judge({ status, headers, body, length, endless }: RawAnswer): void {
  if (status === 500) throw new Finding("500", `answered 500: ${body}`);
  if (STACK.test(body)) throw new Finding("wrong", `the answer shows how the server is made: ${body.slice(0, 300)}`);
  if (status < 400) return;
  if (endless) throw new Finding("wrong", `a refusal (${status}) has no length`);
  const code = codeOf(body);
  // An answer to HEAD has no body to judge.
  if (body === "" && length > 0 && headers.get("content-length") !== "0") return;
  if (code === null || ERRORS[code].status !== status)
    throw new Finding("wrong", `${status} is answered with ${JSON.stringify(body.slice(0, 300))}`);
  if (code === "internal") throw new Finding("500", `refused as internal: ${body}`);
  if (headers.get("cache-control") !== "no-store" || headers.get("x-content-type-options") !== "nosniff")
    throw new Finding("wrong", `${status} may be cached or sniffed: ${JSON.stringify([...headers])}`);
  if (status === 503 && headers.get("retry-after") === undefined)
    throw new Finding("wrong", "503 does not say when to come back");
}

function codeOf(body: string): keyof typeof ERRORS | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || !("code" in value)) return null;
    return isErrorCode(value.code) ? value.code : null;
  } catch {
    return null;
  }
}
