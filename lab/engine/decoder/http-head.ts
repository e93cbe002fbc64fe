import { latin1 } from "./bytes.ts";
import { describeHeader } from "./header-table.ts";
import { type Field, type Part, Parts } from "./spans.ts";
import { acceptOf } from "./ws-handshake.ts";

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly parts: readonly Part[];
}

export interface ResponseHead {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly parts: readonly Part[];
}

/** Characters of methods and field names (RFC 9110, section 5.6.2). */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN})( +)([\\x21-\\xff]+)( +)(HTTP/[0-9]\\.[0-9])(\\r?\\n)`);
const STATUS_LINE = /^(HTTP\/[0-9]\.[0-9])( +)([1-5][0-9]{2})( ?)([^\r\n]*)(\r?\n)/;
const FIELD_NAME = new RegExp(`^${TOKEN}$`);

const LINE_END = "Ends the line, with the two bytes CR and LF.";

export function isRequestLine(line: Uint8Array): boolean {
  return REQUEST_LINE.test(latin1(line));
}

export function isStatusLine(line: Uint8Array): boolean {
  return STATUS_LINE.test(latin1(line));
}

/** Decodes a request's head, from its request line to the empty line. */
export function requestHead(bytes: Uint8Array): RequestHead {
  const text = latin1(bytes);
  const [line = "", method = "", before = "", target = "", after = "", version = "", end = ""] =
    REQUEST_LINE.exec(text) ?? [];
  const parts = new Parts();
  parts.add(method.length, "method", "control", describeMethod(method), { source: "RFC 9110, section 9" });
  parts.add(before.length, "space", "framing", "Separates the method from the target.");
  addTarget(parts, target);
  parts.add(after.length, "space", "framing", "Separates the target from the version.");
  parts.add(version.length, "version", "negotiation", "The HTTP version the client speaks.", {
    source: "RFC 9112, section 2.3",
  });
  parts.add(end.length, "end of line", "framing", LINE_END, { source: "RFC 9112, section 3" });
  const headers = addFields(parts, text.slice(line.length), null);
  return { method, target, headers, parts: parts.list };
}

/** Decodes a response's head. `key` is the Sec-WebSocket-Key of its request, or null. */
export function responseHead(bytes: Uint8Array, key: string | null): ResponseHead {
  const text = latin1(bytes);
  const [line = "", version = "", before = "", status = "", after = "", reason = "", end = ""] =
    STATUS_LINE.exec(text) ?? [];
  const parts = new Parts();
  parts.add(version.length, "version", "negotiation", "The HTTP version the server speaks.", {
    source: "RFC 9112, section 2.3",
  });
  parts.add(before.length, "space", "framing", "Separates the version from the status.");
  parts.add(status.length, "status", "control", describeStatus(Number(status)), { source: "RFC 9110, section 15" });
  parts.add(after.length, "space", "framing", "Separates the status from the reason.");
  parts.add(reason.length, "reason", "information", "The status in words. HTTP/2 dropped it.", {
    source: "RFC 9112, section 4",
  });
  parts.add(end.length, "end of line", "framing", LINE_END, { source: "RFC 9112, section 4" });
  const headers = addFields(parts, text.slice(line.length), key);
  return { status: Number(status), headers, parts: parts.list };
}

function describeMethod(method: string): string {
  switch (method) {
    case "GET":
      return "Reads without changing anything. A poll, a stream and a WebSocket handshake all begin with GET.";
    case "POST":
      return "Sends data: here a command in the body.";
    case "OPTIONS":
      return "A CORS preflight: the browser asks whether the page may send the real request.";
    case "DELETE":
      return "Deletes something: here the session.";
    default:
      return "The requested action.";
  }
}

function describeStatus(status: number): string {
  switch (status) {
    case 101:
      return "Switching protocols: after this head the connection speaks WebSocket.";
    case 200:
      return "Success. The response follows.";
    case 201:
      return "Success. Something was created: here a session.";
    case 204:
      return "Success. There is no body.";
    case 304:
      return "The stored copy is still valid. There is no body.";
    default:
      if (status < 200) return "An interim response. The final one follows.";
      if (status < 300) return "Success.";
      if (status < 400) return "A redirect: look elsewhere.";
      if (status === 408 || status === 429) return "The request was refused. A later attempt may succeed.";
      return status < 500
        ? "The request was refused. Sending it again unchanged won't help."
        : "The server failed. A later attempt may succeed.";
  }
}

/** Query parameters of the protocol. */
const PARAMETERS: ReadonlyMap<string, Pick<Part, "purpose" | "explanation" | "source">> = new Map([
  [
    "after",
    {
      purpose: "session",
      explanation: "The cursor. The server sends everything after it in the room's log.",
      source: "PROTOCOL.md, section 7",
    },
  ],
  [
    "session",
    {
      purpose: "session",
      explanation: "The session token. It is in the URL because a header would need a preflight on another origin.",
      source: "PROTOCOL.md, section 2",
    },
  ],
  [
    "reader",
    {
      purpose: "session",
      explanation: "The number of this client's link. After a transport switch the highest number wins.",
      source: "PROTOCOL.md, section 8",
    },
  ],
  [
    "hold",
    {
      purpose: "liveness",
      explanation: "How long the server may hold the response while nothing is new, in ms.",
      source: "PROTOCOL.md, section 6.2",
    },
  ],
  [
    "t",
    {
      purpose: "caching",
      explanation: "A random value. It makes every URL unique, so that a cache that ignores no-store finds no match.",
      source: "RFC 9111, section 4",
    },
  ],
]);

/** Adds the parts of a request target: its path, and each parameter of its query. */
function addTarget(parts: Parts, target: string): void {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  parts.add(path.length, "path", "routing", "The requested resource.", { source: "RFC 9112, section 3.2" });
  if (question < 0) return;
  parts.add(1, "?", "framing", "Begins the query.", { source: "RFC 3986, section 3.4" });
  const pairs = target.slice(question + 1).split("&");
  for (const [index, pair] of pairs.entries()) {
    if (index > 0) parts.add(1, "&", "framing", "Separates two parameters.");
    addParameter(parts, pair);
  }
}

function addParameter(parts: Parts, pair: string): void {
  const equals = pair.indexOf("=");
  const name = equals < 0 ? pair : pair.slice(0, equals);
  const { purpose, explanation, source } = PARAMETERS.get(name) ?? {
    purpose: "routing",
    explanation: "A parameter of the request.",
    source: "RFC 3986, section 3.4",
  };
  const more = source === undefined ? {} : { source };
  parts.add(
    name.length + (equals < 0 ? 0 : 1),
    `${name}=`,
    "framing",
    `The parameter \`${name}\`. ${explanation}`,
    more,
  );
  if (equals >= 0) parts.add(pair.length - equals - 1, name, purpose, explanation, more);
}

/** Adds the parts of all header fields and of the empty line. Returns the fields. */
function addFields(parts: Parts, text: string, key: string | null): Map<string, string> {
  const expectedAccept = key === null ? null : acceptOf(key);
  const headers = new Map<string, string>();
  for (const line of text.match(/[^\n]*\n/g) ?? []) {
    if (/^\r?\n$/.test(line)) {
      parts.add(line.length, "empty line", "framing", "Ends the head. The body or the next message follows.", {
        source: "RFC 9112, section 2.1",
      });
      continue;
    }
    const field = splitField(line);
    if (field === null) {
      parts.add(line.length, "invalid field", "unknown", "This line is not a name, a colon and a value.", {
        source: "RFC 9112, section 5",
      });
      continue;
    }
    const { name, nameAndColon, value, end } = field;
    const { purpose, explanation, ...source } = describeHeader(name);
    parts.add(nameAndColon.length, `${name}:`, purpose, explanation, source);
    const read = handshakeFields(name.toLowerCase(), value, key, expectedAccept);
    parts.add(value.length, name, purpose, explanation, { ...source, ...(read.length === 0 ? {} : { fields: read }) });
    parts.add(end.length, "end of line", "framing", LINE_END, { source: "RFC 9112, section 5" });
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

/**
 * Splits a line of a head. `nameAndColon` includes the blanks before the value, `end` those after it. Returns null if the
 * line is not a field. Not a regular expression: blanks within a value would make it backtrack quadratically.
 */
function splitField(line: string): Readonly<Record<"name" | "nameAndColon" | "value" | "end", string>> | null {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon));
  if (!FIELD_NAME.test(name)) return null;
  const isBlank = (at: number): boolean => line[at] === " " || line[at] === "\t";
  let to = line.length - (line.endsWith("\r\n") ? 2 : 1);
  let from = colon + 1;
  while (from < to && isBlank(from)) from += 1;
  while (to > from && isBlank(to - 1)) to -= 1;
  return { name, nameAndColon: line.slice(0, from), value: line.slice(from, to), end: line.slice(to) };
}

/** Derives what the handshake's headers imply. `expectedAccept` is the correct answer to `key`. */
function handshakeFields(
  name: string,
  value: string,
  key: string | null,
  expectedAccept: string | null,
): readonly Field[] {
  if (name === "sec-websocket-key") return [{ name: "expected accept value", value: acceptOf(value) }];
  if (name !== "sec-websocket-accept" || key === null || expectedAccept === null) return [];
  return [
    { name: "answers the key", value: key },
    { name: expectedAccept === value ? "is correct" : "is wrong; correct is", value: expectedAccept },
  ];
}
