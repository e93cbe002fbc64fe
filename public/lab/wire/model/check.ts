import { concat, hex, latin1, utf8 } from "../../../../src/lab/anatomy/bytes.ts";
import { readFrameHead } from "../../../../src/lab/anatomy/frame.ts";
import { requestHead } from "../../../../src/lab/anatomy/head.ts";
import { GUID, type PassageKind, type Span } from "../../../../src/lab/anatomy/index.ts";
import type { Side } from "./shown.ts";

/** A command that shows the same without this page. */
export interface Check {
  readonly title: string;
  readonly command: string;
}

/** Headers a browser adds for itself, without which the request is the same request. */
const LEFT_OUT =
  /^(host|connection|content-length|user-agent|accept|accept-encoding|accept-language|referer|dnt|priority|cache-control|pragma|sec-(fetch|ch)-.*|sec-websocket-extensions)$/;
const LINE_FEED = 10;
/** Bytes that fit into a command one can still read. */
const SHORT = 400;

/** Commands for what is selected, the most telling first. `server`: where the server itself listens. */
export function checksOf(kind: PassageKind, sides: readonly Side[], span: Span | null, server: URL): readonly Check[] {
  const up = sides.find(({ direction }) => direction === "up");
  const selected = sides.find(({ spans }) => span !== null && spans.includes(span));
  const checks: Check[] = [];
  if (kind === "exchange" && up !== undefined) {
    const request = bytesOf(up);
    const key = requestHead(headOf(request)).headers.get("sec-websocket-key");
    if (key !== undefined) checks.push(...acceptChecks(key));
    checks.push({
      title: key === undefined ? "Ask the same with curl" : "Shake hands with curl",
      command: curlLine(request, server),
    });
  }
  if (kind === "frame" && selected !== undefined) checks.push(...frameChecks(bytesOf(selected)));
  if (span !== null && selected !== undefined && span.to - span.from <= SHORT) {
    const bytes = bytesOf(selected).subarray(span.from - selected.from, span.to - selected.from);
    checks.push({ title: "See these bytes", command: bitsLine(bytes) });
  }
  return checks;
}

/** The two ways to work out Sec-WebSocket-Accept. */
export function acceptChecks(key: string): readonly Check[] {
  return [
    {
      title: "Work out the Accept with openssl",
      command: `printf '%s' ${quoted(key + GUID)} | openssl dgst -sha1 -binary | openssl base64`,
    },
    {
      title: "Work it out with Node",
      command: `node -p ${quoted(`require("node:crypto").createHash("sha1").update("${key}${GUID}").digest("base64")`)}`,
    },
  ];
}

/** The request again, straight to the server. */
function curlLine(bytes: Uint8Array, server: URL): string {
  const head = headOf(bytes);
  const { method, target, headers } = requestHead(head);
  const body = utf8(bytes.subarray(head.length));
  const words = ["curl", "-i", "-N"];
  if (headers.has("upgrade")) words.push("--http1.1", "--max-time 2", "-o -");
  if (method !== "GET") words.push("-X", method);
  words.push(quoted(new URL(target, server).href));
  for (const [name, value] of headers)
    if (!LEFT_OUT.test(name) || (name === "connection" && headers.has("upgrade")))
      words.push("-H", quoted(`${name}: ${value}`));
  if (headers.has("upgrade") && !headers.has("connection")) words.push("-H", quoted("connection: Upgrade"));
  if (body !== "") words.push("--data-binary", quoted(body));
  return words.join(" ");
}

/** Up to and including the empty line. */
function headOf(bytes: Uint8Array): Uint8Array {
  const end = latin1(bytes).search(/\r?\n\r?\n/);
  return end < 0 ? bytes : bytes.subarray(0, bytes.indexOf(LINE_FEED, bytes.indexOf(LINE_FEED, end) + 1) + 1);
}

function frameChecks(bytes: Uint8Array): readonly Check[] {
  const head = readFrameHead(bytes);
  if (head === null) return [];
  const first = { title: "The first two bytes, bit by bit", command: bitsLine(bytes.subarray(0, 2)) };
  const payload = bytes.subarray(head.headBytes, head.headBytes + SHORT);
  if (head.mask === null || payload.length === 0) return [first];
  const script = `const [mask, payload] = ["${hex(head.mask, "")}", "${hex(payload, "")}"].map((text) => Buffer.from(text, "hex"));`;
  return [
    {
      title: "Take off the mask with Node",
      command: `node -p ${quoted(`${script} payload.map((byte, at) => byte ^ mask[at % 4]).toString()`)}`,
    },
    first,
  ];
}

function bitsLine(bytes: Uint8Array): string {
  return `echo '${hex(bytes)}' | xxd -r -p | xxd${bytes.length <= 8 ? " -b" : ""}`;
}

/** For a POSIX shell: nothing within single quotes means anything but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bytesOf(side: Side): Uint8Array {
  return concat(side.pieces.map((piece) => ("bytes" in piece ? piece.bytes : new Uint8Array(piece.missing))));
}
