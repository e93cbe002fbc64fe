import { latin1, lineBreakLength } from "./bytes.ts";
import { objectParts } from "./json.ts";
import { type Part, Parts } from "./spans.ts";

const PARSING = { source: "HTML Standard, section 9.2.5" };
const INTERPRETING = { source: "HTML Standard, section 9.2.6" };

/** One line of an event stream. */
export interface SseLine {
  readonly field: "data" | "event" | "id" | "retry" | "comment" | "other" | "blank";
  /** The field's value. For `data`: the `type` in its JSON, or "". */
  readonly value: string;
  readonly parts: readonly Part[];
}

/** Decodes one line of an event stream, its end included. */
export function sseLine(bytes: Uint8Array): SseLine {
  const end = lineBreakLength(bytes);
  const parts = new Parts();
  const close = (): readonly Part[] => parts.add(end, "end of line", "framing", "Ends the field.", PARSING).list;
  if (bytes.length === end) {
    parts.add(end, "blank line", "framing", "Ends the event. The client now dispatches it.", INTERPRETING);
    return { field: "blank", value: "", parts: parts.list };
  }
  const text = latin1(bytes.subarray(0, bytes.length - end));
  const colon = text.indexOf(":");
  if (colon === 0) {
    parts.add(
      text.length,
      "comment",
      "liveness",
      "A comment. Pages never see it. It keeps proxies from closing an idle stream.",
      PARSING,
    );
    return { field: "comment", value: text.slice(1), parts: close() };
  }
  const name = colon < 0 ? text : text.slice(0, colon);
  const lead = colon < 0 ? text.length : colon + (text[colon + 1] === " " ? 2 : 1);
  const value = text.slice(lead);
  const field = fieldOf(name);
  parts.add(lead, `${name}:`, "framing", FIELD_NAMES[field], PARSING);
  if (field === "data") {
    const json = objectParts(bytes.subarray(lead, bytes.length - end));
    if (json === null) parts.add(value.length, "data", "payload", "One line of the event's data.", INTERPRETING);
    else for (const part of json.parts) parts.list.push(part);
    return { field, value: json?.types[0] ?? "", parts: close() };
  }
  const { label, purpose, explanation, ...source } = FIELD_VALUES[field];
  parts.add(value.length, label, purpose, explanation, source);
  return { field, value, parts: close() };
}

type Field = Exclude<SseLine["field"], "comment" | "blank">;

const FIELD_NAMES: Readonly<Record<Field, string>> = {
  data: "A line of the event's data follows.",
  event: "The event's type follows.",
  id: "The event's id follows.",
  retry: "The reconnect delay follows.",
  other: "The standard does not know this field.",
};

const FIELD_VALUES: Readonly<Record<Exclude<Field, "data">, Omit<Part, "length" | "fields">>> = {
  event: {
    label: "event type",
    purpose: "control",
    explanation: "The event listener that receives the event. Without this line it is `message`.",
    ...INTERPRETING,
  },
  id: {
    label: "id",
    purpose: "session",
    explanation:
      "The cursor after this event. A client that reconnects sends it as `after`, or as Last-Event-ID if the browser does it, and reading resumes there.",
    ...INTERPRETING,
  },
  retry: {
    label: "retry",
    purpose: "liveness",
    explanation: "A native EventSource waits this long before it reconnects, in ms.",
    ...INTERPRETING,
  },
  other: {
    label: "unknown field",
    purpose: "unknown",
    explanation: "The standard does not know this field. Browsers ignore it.",
    ...PARSING,
  },
};

function fieldOf(name: string): Field {
  return name === "data" || name === "event" || name === "id" || name === "retry" ? name : "other";
}
