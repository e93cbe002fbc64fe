import { latin1 } from "./bytes.ts";
import { objectParts } from "./json.ts";
import { breakLength, Parts } from "./parts.ts";
import type { Part } from "./span.ts";

const PARSING = { source: "HTML Standard, section 9.2.5" };
const INTERPRETING = { source: "HTML Standard, section 9.2.6" };

/** One line of an event stream: what it is, and its parts. */
export interface SseLine {
  readonly field: "data" | "event" | "id" | "retry" | "comment" | "other" | "blank";
  /** Its value, or what its JSON is. */
  readonly says: string;
  readonly parts: readonly Part[];
}

/** Dissects one line of an event stream, its end included. */
export function sseLine(bytes: Uint8Array): SseLine {
  const end = breakLength(bytes);
  const parts = new Parts();
  const close = (): readonly Part[] => parts.add(end, "end of line", "framing", "Ends the field.", PARSING).list;
  if (bytes.length === end) {
    parts.add(end, "blank line", "framing", "Ends the event: now the browser hands it to the page.", INTERPRETING);
    return { field: "blank", says: "", parts: parts.list };
  }
  const text = latin1(bytes.subarray(0, bytes.length - end));
  const colon = text.indexOf(":");
  if (colon === 0) {
    parts.add(
      text.length,
      "comment",
      "liveness",
      "A comment. No page sees it; it keeps proxies from taking the stream for dead.",
      PARSING,
    );
    return { field: "comment", says: text.slice(1), parts: close() };
  }
  const name = colon < 0 ? text : text.slice(0, colon);
  const lead = colon < 0 ? text.length : colon + (text[colon + 1] === " " ? 2 : 1);
  const value = text.slice(lead);
  const field = fieldOf(name);
  parts.add(lead, `${name}:`, "framing", NAMES[field], PARSING);
  switch (field) {
    case "data": {
      const json = objectParts(bytes.subarray(lead, bytes.length - end));
      if (json === null) parts.add(value.length, "data", "payload", "A line of the event's data.", INTERPRETING);
      else for (const part of json.parts) parts.list.push(part);
      return { field, says: json?.types[0] ?? "", parts: close() };
    }
    case "event":
      parts.add(
        value.length,
        "event type",
        "control",
        "Which listener of the page gets the event. Without this line it is `message`.",
        INTERPRETING,
      );
      break;
    case "id":
      parts.add(
        value.length,
        "id",
        "session",
        "The cursor behind this event. When the stream is cut, the browser sends it as Last-Event-ID, and reading goes on from there.",
        INTERPRETING,
      );
      break;
    case "retry":
      parts.add(
        value.length,
        "retry",
        "liveness",
        "After how many ms a native EventSource connects again.",
        INTERPRETING,
      );
      break;
    case "other":
      parts.add(
        value.length,
        "unknown field",
        "unknown",
        "A field the standard does not know; it is ignored.",
        PARSING,
      );
  }
  return { field, says: value, parts: close() };
}

type Field = Exclude<SseLine["field"], "comment" | "blank">;

const NAMES: Readonly<Record<Field, string>> = {
  data: "What follows is a line of the event's data.",
  event: "What follows is the event's type.",
  id: "What follows is the event's id.",
  retry: "What follows is the time until the next attempt.",
  other: "No field the standard knows.",
};

function fieldOf(name: string): Field {
  return name === "data" || name === "event" || name === "id" || name === "retry" ? name : "other";
}
