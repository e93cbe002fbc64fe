import { latin1 } from "./bytes.ts";
import { breakLength, Parts } from "./parts.ts";
import type { Part } from "./span.ts";

type ChunkLine = "chunk-size" | "chunk-end" | "trailer";

/** A line of the chunked coding (RFC 9112, section 7.1): its parts, and what comes after it. */
export interface ChunkedLine {
  readonly parts: readonly Part[];
  readonly next: ChunkLine | "ended" | { readonly bytes: number };
}

const SOURCE = { source: "RFC 9112, section 7.1" };

/** Dissects such a line, its end included; null: it is none. */
export function chunkedLine(at: ChunkLine, bytes: Uint8Array): ChunkedLine | null {
  const end = breakLength(bytes);
  const text = latin1(bytes.subarray(0, bytes.length - end));
  const parts = new Parts();
  switch (at) {
    case "chunk-end":
      if (text !== "") return null;
      return { parts: parts.add(end, "end of chunk", "framing", "Ends the chunk.", SOURCE).list, next: "chunk-size" };
    case "trailer":
      if (text === "") {
        return { parts: parts.add(end, "empty line", "framing", "Ends the body.", SOURCE).list, next: "ended" };
      }
      parts.add(bytes.length, "trailer field", "information", "A field that could be known only at the end.", {
        source: "RFC 9112, section 7.1.2",
      });
      return { parts: parts.list, next: "trailer" };
    case "chunk-size": {
      const digits = /^[0-9a-f]{1,13}/i.exec(text)?.[0];
      if (digits === undefined) return null;
      const size = Number.parseInt(digits, 16);
      const says = size === 0 ? "No bytes: this was the last chunk." : `${size} bytes of body follow, in hexadecimal.`;
      parts.add(digits.length, "chunk size", "framing", says, SOURCE);
      parts.add(
        text.length - digits.length,
        "chunk extension",
        "information",
        "Something beside the size; nobody uses it.",
        { source: "RFC 9112, section 7.1.1" },
      );
      parts.add(end, "end of line", "framing", "Ends the chunk's size.", SOURCE);
      return { parts: parts.list, next: size === 0 ? "trailer" : { bytes: size } };
    }
  }
}
