import { LINE_FEED, latin1, lineBreakLength } from "./bytes.ts";
import { arrayParts, type JsonParts, objectParts } from "./json.ts";
import { type Part, Parts } from "./spans.ts";
import { sseLine } from "./sse.ts";

/** Decodes a complete body, or a chunk of one, by its content type. */
export function bodyParts(bytes: Uint8Array, contentType: string): JsonParts {
  if (contentType.startsWith("text/event-stream")) return eventStreamParts(bytes);
  const json = arrayParts(bytes) ?? objectParts(bytes);
  if (json !== null) return json;
  const explanation = contentType === "" ? "The body." : `The body: ${contentType}.`;
  return {
    parts: new Parts().add(bytes.length, "body", "payload", explanation, { source: "RFC 9110, section 6.4" }).list,
    types: [],
  };
}

/** Decodes the lines of an event stream. A line that a chunk splits in two counts as two lines. */
function eventStreamParts(bytes: Uint8Array): JsonParts {
  const parts: Part[] = [];
  const types: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, from);
    const to = end < 0 ? bytes.length : end + 1;
    const line = sseLine(bytes.subarray(from, to));
    for (const part of line.parts) parts.push(part);
    if (line.field === "data" && line.value !== "") types.push(line.value);
    from = to;
  }
  return { parts, types };
}

type ChunkLineKind = "chunk-size" | "chunk-end" | "trailer";

/** A line of the chunked transfer coding, and what follows it. */
export interface ChunkedLine {
  readonly parts: readonly Part[];
  readonly next: ChunkLineKind | "ended" | { readonly bytes: number };
}

const CHUNKED = { source: "RFC 9112, section 7.1" };

/** Decodes a line of the chunked transfer coding, its end included. Returns null if it is invalid. */
export function chunkedLine(at: ChunkLineKind, bytes: Uint8Array): ChunkedLine | null {
  const end = lineBreakLength(bytes);
  const text = latin1(bytes.subarray(0, bytes.length - end));
  const parts = new Parts();
  switch (at) {
    case "chunk-end":
      if (text !== "") return null;
      return { parts: parts.add(end, "end of chunk", "framing", "Ends the chunk.", CHUNKED).list, next: "chunk-size" };
    case "trailer":
      if (text === "") {
        return { parts: parts.add(end, "empty line", "framing", "Ends the body.", CHUNKED).list, next: "ended" };
      }
      parts.add(bytes.length, "trailer field", "information", "A field known only after the body was sent.", {
        source: "RFC 9112, section 7.1.2",
      });
      return { parts: parts.list, next: "trailer" };
    case "chunk-size": {
      const digits = /^[0-9a-f]{1,13}/i.exec(text)?.[0];
      if (digits === undefined) return null;
      const size = Number.parseInt(digits, 16);
      const explanation =
        size === 0
          ? "A size of zero ends the chunks."
          : `The chunk's size in hexadecimal: ${size} bytes of body follow.`;
      parts.add(digits.length, "chunk size", "framing", explanation, CHUNKED);
      parts.add(
        text.length - digits.length,
        "chunk extension",
        "information",
        "Optional data about the chunk. It is hardly ever used.",
        { source: "RFC 9112, section 7.1.1" },
      );
      parts.add(end, "end of line", "framing", "Ends the chunk's size.", CHUNKED);
      return { parts: parts.list, next: size === 0 ? "trailer" : { bytes: size } };
    }
  }
}
