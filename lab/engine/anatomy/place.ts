import type { FrameHead } from "./frame.ts";
import type { Part } from "./span.ts";

/** Where in the rules a direction of a connection stands: what its next bytes are. */
export type Place =
  /** A request or response begins, or an empty line before it. */
  | { readonly at: "head" }
  /** A body, or a chunk of one, of this many bytes, that will be dissected as a whole. */
  | { readonly at: "body"; readonly bytes: number; readonly contentType: string }
  | { readonly at: "chunk"; readonly bytes: number; readonly contentType: string }
  | { readonly at: "chunk-size" | "chunk-end" | "trailer"; readonly contentType: string }
  /** Lines of an event stream that ends with its connection. */
  | { readonly at: "stream" }
  | { readonly at: "frame" /** Bytes are missing before it: it may be none. */; readonly doubtful: boolean }
  | { readonly at: "payload"; readonly head: FrameHead }
  /** The client has asked for another protocol; what its bytes are depends on the answer. */
  | { readonly at: "answer-awaited" }
  /** Bytes that are counted and not looked into, as one span. */
  | Opaque;

export interface Opaque {
  readonly at: "opaque";
  readonly part: Omit<Part, "length">;
  readonly from: number;
  /** How many are still to come; Infinity: all there are. */
  readonly left: number;
  readonly next: Place;
}

/** No head and no line is longer; what is, is explained as a whole. */
export const MAX_LINE_BYTES = 65_536;
/** Bodies and payloads above this are counted and not looked into. */
export const MAX_DISSECTED_BYTES = 1_048_576;

/** How unfinished bytes are told of, by where they stand. */
export function unfinished(place: Place): Omit<Part, "length"> {
  const part = (label: string, explanation: string, purpose: Part["purpose"] = "framing"): Omit<Part, "length"> => ({
    label,
    purpose,
    explanation,
  });
  switch (place.at) {
    case "head":
      return part("unfinished head", "The head's empty line has not come yet.");
    case "body":
    case "chunk":
      return part("unfinished body", `${place.bytes} bytes were announced; the rest has not come yet.`, "payload");
    case "chunk-size":
    case "chunk-end":
    case "trailer":
      return part("unfinished line", "Its end has not come yet.");
    case "stream":
      return part("unfinished line", "The line's end has not come yet: a browser does nothing with it until then.");
    case "frame":
      return part("unfinished frame head", "The rest of the frame's head has not come yet.");
    case "payload":
      return part(
        "unfinished payload",
        `${place.head.length} bytes were announced; the rest has not come yet.`,
        "payload",
      );
    case "answer-awaited":
      return part(
        "sent before the answer",
        "What these bytes are depends on whether the server changes the protocol.",
        "unknown",
      );
    case "opaque":
      return place.part;
  }
}
