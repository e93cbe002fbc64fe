import { latin1 } from "./bytes.ts";
import { acceptOf } from "./handshake.ts";
import { headerNote } from "./header-table.ts";
import { Parts } from "./parts.ts";
import { targetParts } from "./request-target.ts";
import type { Field, Part } from "./span.ts";

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly parts: readonly Part[];
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly parts: readonly Part[];
}

/** RFC 9110, section 5.6.2: what methods and field names are made of. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN})( +)([\\x21-\\xff]+)( +)(HTTP/[0-9]\\.[0-9])(\\r?\\n)`);
const STATUS_LINE = /^(HTTP\/[0-9]\.[0-9])( +)([1-5][0-9]{2})( ?)([^\r\n]*)(\r?\n)/;
const FIELD_NAME = new RegExp(`^${TOKEN}$`);

const LINE_END = "Ends the line. It is CR and LF, two bytes, since the teleprinter.";

export function isRequestLine(line: Uint8Array): boolean {
  return REQUEST_LINE.test(latin1(line));
}

export function isStatusLine(line: Uint8Array): boolean {
  return STATUS_LINE.test(latin1(line));
}

/** The parts of a request's head, which begins with a request line and ends with an empty one. */
export function requestHead(bytes: Uint8Array): RequestHead {
  const text = latin1(bytes);
  const [line = "", method = "", before = "", target = "", after = "", version = "", end = ""] =
    REQUEST_LINE.exec(text) ?? [];
  const parts = new Parts();
  parts.add(method.length, "method", "control", methodSays(method), { source: "RFC 9110, section 9" });
  parts.add(before.length, "space", "framing", "Parts the method from the target.");
  for (const part of targetParts(target)) parts.list.push(part);
  parts.add(after.length, "space", "framing", "Parts the target from the version.");
  parts.add(version.length, "version", "negotiation", "In which version of HTTP the client speaks.", {
    source: "RFC 9112, section 2.3",
  });
  parts.add(end.length, "end of line", "framing", LINE_END, { source: "RFC 9112, section 3" });
  const headers = fields(parts, text.slice(line.length), null);
  return { method, target, headers, parts: parts.list };
}

/** The parts of a response's head. `key`: the Sec-WebSocket-Key it answers, if it answers one. */
export function responseHead(bytes: Uint8Array, key: string | null): ResponseHead {
  const text = latin1(bytes);
  const [line = "", version = "", before = "", status = "", after = "", reason = "", end = ""] =
    STATUS_LINE.exec(text) ?? [];
  const parts = new Parts();
  parts.add(version.length, "version", "negotiation", "In which version of HTTP the server answers.", {
    source: "RFC 9112, section 2.3",
  });
  parts.add(before.length, "space", "framing", "Parts the version from the status.");
  parts.add(status.length, "status", "control", statusSays(Number(status)), { source: "RFC 9110, section 15" });
  parts.add(after.length, "space", "framing", "Parts the status from its name.");
  parts.add(reason.length, "reason", "information", "The status in words, for people. HTTP/2 leaves it out.", {
    source: "RFC 9112, section 4",
  });
  parts.add(end.length, "end of line", "framing", LINE_END, { source: "RFC 9112, section 4" });
  const headers = fields(parts, text.slice(line.length), key);
  return { status: Number(status), headers, parts: parts.list };
}

function fields(parts: Parts, text: string, key: string | null): Map<string, string> {
  const wanted = key === null ? null : acceptOf(key);
  const headers = new Map<string, string>();
  for (const line of text.match(/[^\n]*\n/g) ?? []) {
    if (/^\r?\n$/.test(line)) {
      parts.add(line.length, "empty line", "framing", "Ends the head. What follows is the body, or the next message.", {
        source: "RFC 9112, section 2.1",
      });
      continue;
    }
    const field = fieldLine(line);
    if (field === null) {
      parts.add(line.length, "no field", "unknown", "This line is none of name, colon and value.", {
        source: "RFC 9112, section 5",
      });
      continue;
    }
    const { plain, name, value, end } = field;
    const { purpose, explanation, ...source } = headerNote(plain);
    parts.add(name.length, `${plain}:`, purpose, explanation, source);
    const read = fieldsOf(plain.toLowerCase(), value, key, wanted);
    parts.add(value.length, plain, purpose, explanation, { ...source, ...(read.length === 0 ? {} : { fields: read }) });
    parts.add(end.length, "end of line", "framing", LINE_END, { source: "RFC 9112, section 5" });
    headers.set(plain.toLowerCase(), value);
  }
  return headers;
}

/**
 * A line of a head: the name without and with what separates it from the value, the value, and the line's end with the
 * blanks before it; null: it is no field. Not a regular expression: blanks within a value would make it try each length of each.
 */
function fieldLine(line: string): Readonly<Record<"plain" | "name" | "value" | "end", string>> | null {
  const colon = line.indexOf(":");
  const plain = line.slice(0, Math.max(0, colon));
  if (!FIELD_NAME.test(plain)) return null;
  const isBlank = (at: number): boolean => line[at] === " " || line[at] === "\t";
  let to = line.length - (line.endsWith("\r\n") ? 2 : 1);
  let from = colon + 1;
  while (from < to && isBlank(from)) from += 1;
  while (to > from && isBlank(to - 1)) to -= 1;
  return { plain, name: line.slice(0, from), value: line.slice(from, to), end: line.slice(to) };
}

/** What a handshake's key comes to. `key` is the one that the answer belongs to, and `wanted` the right answer to it. */
function fieldsOf(name: string, value: string, key: string | null, wanted: string | null): readonly Field[] {
  if (name === "sec-websocket-key") return [{ name: "asks for this answer", value: acceptOf(value) }];
  if (name !== "sec-websocket-accept" || key === null || wanted === null) return [];
  return [
    { name: "to the key", value: key },
    { name: wanted === value ? "is the right answer" : "is a wrong answer; right is", value: wanted },
  ];
}

function methodSays(method: string): string {
  switch (method) {
    case "GET":
      return "Asks for what is there and changes nothing. A poll, a stream and the handshake of a WebSocket all begin with it.";
    case "POST":
      return "Brings something: here a command in the body.";
    case "OPTIONS":
      return "A preflight: the browser asks whether the page may send the request it really means.";
    case "DELETE":
      return "Asks for something to be ended: here the session.";
    default:
      return "What is wanted of the server.";
  }
}

function statusSays(status: number): string {
  switch (status) {
    case 101:
      return "The protocol changes: behind this head the connection speaks WebSocket.";
    case 200:
      return "It was done, and here is the answer.";
    case 201:
      return "It was made: here a session.";
    case 204:
      return "It was done, and there is nothing to say about it: no body follows.";
    case 304:
      return "What you have stored still holds: no body follows.";
    default:
      if (status < 200) return "An answer before the answer.";
      if (status < 300) return "It was done.";
      if (status < 400) return "Look elsewhere.";
      return status < 500
        ? "The request was refused; sent again as it is, it will be again."
        : "The server could not do it; later it may.";
  }
}
