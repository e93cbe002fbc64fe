import { hex, latin1, utf8 } from "../../../engine/decoder/bytes.ts";
import { requestHead } from "../../../engine/decoder/http-head.ts";
import { type Span, WEBSOCKET_GUID, type WireMessageKind } from "../../../engine/decoder/index.ts";
import { readFrameHead } from "../../../engine/decoder/ws-frame.ts";
import type { Side } from "./message-bytes.ts";

/** A shell command that shows the selected bytes, or what they do, without this page. */
export interface Check {
  readonly title: string;
  readonly command: string;
}

/** Headers that a browser adds and that the request does not need. */
const LEFT_OUT =
  /^(host|connection|content-length|user-agent|accept|accept-encoding|accept-language|referer|dnt|priority|cache-control|pragma|sec-(fetch|ch)-.*|sec-websocket-extensions)$/;
const LINE_FEED = 10;
/** Commands show at most this many bytes: with more they would be unreadable. */
const SHORT = 400;
const LONGEST = 131_072;

/** What the commands connect to. */
interface Destination {
  /** The server itself, not a lane's proxy. */
  readonly server: URL;
  readonly room: string;
}

/** Returns commands for the selection, the most useful first. */
export function checksOf(
  kind: WireMessageKind,
  sides: readonly Side[],
  span: Span | null,
  destination: Destination,
): readonly Check[] {
  const up = sides.find(({ direction }) => direction === "up");
  const selected = sides.find(({ spans }) => span !== null && spans.includes(span));
  const checks: Check[] = [];
  if (kind === "exchange" && up !== undefined) checks.push(...requestChecks(bytesOf(up), destination));
  if (kind === "frame" && selected !== undefined) checks.push(...frameChecks(bytesOf(selected)));
  if (span !== null && selected !== undefined && span.to - span.from <= SHORT) {
    checks.push({ title: "See these bytes", command: bytesLine(bytesIn(selected, span.from, span.to)) });
  }
  return checks;
}

function requestChecks(request: Uint8Array, destination: Destination): readonly Check[] {
  const { method, target, headers } = requestHead(headOf(request));
  // Without the beginning of its head, the request can't be repeated.
  if (!/^[A-Z]+$/.test(method) || !target.startsWith("/")) return [];
  const key = headers.get("sec-websocket-key");
  const ask = {
    title: key === undefined ? "Send the same request with curl" : "Shake hands with curl",
    command: curlLine(request, destination),
  };
  return key === undefined ? [ask] : [...acceptChecks(key), ask];
}

/** The two ways to compute Sec-WebSocket-Accept. */
export function acceptChecks(key: string): readonly Check[] {
  return [
    {
      title: "Compute Sec-WebSocket-Accept with openssl",
      command: `printf '%s' ${quoted(key + WEBSOCKET_GUID)} | openssl dgst -sha1 -binary | openssl base64`,
    },
    {
      title: "Compute it with Node",
      command: `node -p ${quoted(`require("node:crypto").createHash("sha1").update("${key}${WEBSOCKET_GUID}").digest("base64")`)}`,
    },
  ];
}

/** Paths that read events. The command opens a session, because a second reader of a session would end the first. */
const READER_PATH = /^\/transports\//;
/** The command ends a stream after this time. */
const MAX_STREAM_S = 2;

/** Returns a curl command that sends the request again, straight to the server. */
function curlLine(bytes: Uint8Array, { server, room }: Destination): string {
  const head = headOf(bytes);
  const { method, target, headers } = requestHead(head);
  const body = utf8(bytes.subarray(head.length));
  const url = new URL(target.replace(/^\/+/, ""), server);
  const reads = READER_PATH.test(target) && url.searchParams.has("session");
  const words = ["curl", "-i", "-N"];
  if (reads) words.push(`--max-time ${MAX_STREAM_S}`);
  if (headers.has("upgrade")) words.push("--http1.1", "-o -");
  if (method !== "GET") words.push("-X", method);
  if (reads) url.searchParams.delete("session");
  const asked = `${url.href}${url.search === "" ? "?" : "&"}session=`;
  words.push(reads ? `${quoted(asked)}"$session"` : quoted(url.href));
  for (const [name, value] of headers) if (!LEFT_OUT.test(name)) words.push("-H", quoted(`${name}: ${value}`));
  if (headers.has("upgrade")) words.push("-H", quoted("connection: Upgrade"));
  if (body !== "") words.push("--data-binary", quoted(body));
  return reads ? `${sessionLine(server, room)}\n${words.join(" ")}` : words.join(" ");
}

/** Returns a command that opens a session and puts its token into `$session`. */
function sessionLine(server: URL, room: string): string {
  const body = quoted(JSON.stringify({ room, name: "curl" }));
  const url = quoted(new URL("api/sessions", server).href);
  return `session=$(curl -s -H 'content-type: application/json' --data-binary ${body} ${url} | sed 's/.*"session":"\\([^"]*\\)".*/\\1/')`;
}

/** Returns the bytes up to and including the first empty line. */
function headOf(bytes: Uint8Array): Uint8Array {
  const end = latin1(bytes).search(/\r?\n\r?\n/);
  return end < 0 ? bytes : bytes.subarray(0, bytes.indexOf(LINE_FEED, bytes.indexOf(LINE_FEED, end) + 1) + 1);
}

function frameChecks(bytes: Uint8Array): readonly Check[] {
  const head = readFrameHead(bytes);
  if (head === null || head.headBytes > bytes.length) return [];
  const [first = 0, second = 0] = bytes;
  const bits = {
    title: "The first two bytes, bit by bit",
    command: `node -p '[${first}, ${second}].map((byte) => byte.toString(2).padStart(8, "0")).join(" ")'`,
  };
  const payload = bytes.subarray(head.headBytes, head.headBytes + SHORT);
  if (head.mask === null || payload.length === 0) return [bits];
  const script = `const [mask, payload] = ["${hex(head.mask, "")}", "${hex(payload, "")}"].map((text) => Buffer.from(text, "hex"));`;
  return [
    {
      title: "Take off the mask with Node",
      command: `node -p ${quoted(`${script} payload.map((byte, at) => byte ^ mask[at % 4]).toString()`)}`,
    },
    bits,
  ];
}

/** Returns a command that prints the bytes. They are in octal, which the printf of every shell accepts. */
function bytesLine(bytes: Uint8Array): string {
  const octal = Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  return `printf '${octal}' | od -A d -t x1c`;
}

/** Quotes a text for a POSIX shell. Between single quotes, only the single quote is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Returns a side's first bytes: more than any head, and than fit into a command. Missing bytes are zeros. */
function bytesOf(side: Side): Uint8Array {
  return bytesIn(side, side.from, Math.min(side.to, side.from + LONGEST));
}

function bytesIn(side: Side, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  for (const piece of side.pieces) {
    if (!("bytes" in piece)) continue;
    const start = Math.max(from, piece.from);
    const end = Math.min(to, piece.from + piece.bytes.length);
    if (start < end) bytes.set(piece.bytes.subarray(start - piece.from, end - piece.from), start - from);
  }
  return bytes;
}
