import { arrayParts, objectParts } from "./json.ts";
import { Parts } from "./parts.ts";
import type { Part } from "./span.ts";
import { sseLine } from "./sse-line.ts";

const LINE_FEED = 10;

/** What a body, or a chunk of one, consists of; `types` are those of the events, commands and replies in it. */
export interface BodyParts {
  readonly parts: readonly Part[];
  readonly types: readonly string[];
}

/** Dissects a body that is there as a whole, by its content type. */
export function bodyParts(bytes: Uint8Array, contentType: string): BodyParts {
  if (contentType.startsWith("text/event-stream")) return linesOf(bytes);
  const json = arrayParts(bytes) ?? objectParts(bytes);
  if (json !== null) return json;
  const what = contentType === "" ? "The body." : `The body: ${contentType}.`;
  return {
    parts: new Parts().add(bytes.length, "body", "payload", what, { source: "RFC 9110, section 6.4" }).list,
    types: [],
  };
}

/** The lines of an event stream; where a chunk cuts one in two, each half is taken for a line. */
function linesOf(bytes: Uint8Array): BodyParts {
  const parts: Part[] = [];
  const types: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, from);
    const to = end < 0 ? bytes.length : end + 1;
    const line = sseLine(bytes.subarray(from, to));
    for (const part of line.parts) parts.push(part);
    if (line.field === "data" && line.says !== "") types.push(line.says);
    from = to;
  }
  return { parts, types };
}
