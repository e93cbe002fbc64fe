import { LIMITS, TIMINGS } from "../../src/protocol/limits.ts";
import { type Json, ref } from "./schemas.ts";

/** The parts of the documents that differ between transports. */
interface TransportNotes {
  readonly summary: string;
  readonly parameters: readonly Json[];
  /** Responses other than refusals, by status. */
  readonly answers: Readonly<Record<string, Json>>;
  /** Whether a response is a JSON array of events, not a stream of single events. */
  readonly arrays: boolean;
}

const events: Json = { type: "array", items: ref("DownEvent") };
const eventList: Json = { "application/json": { schema: events } };

const NOTES: Readonly<Record<string, TransportNotes>> = {
  "short-polling": {
    summary: "What is new since the cursor, at once; an empty array if nothing is",
    parameters: [],
    answers: { "200": { description: "Events, oldest first.", content: eventList } },
    arrays: true,
  },
  "long-polling": {
    summary: "What is new since the cursor, as soon as there is something",
    parameters: [
      {
        name: "hold",
        in: "query",
        description: "How long the request may be kept open with nothing to tell, in ms.",
        schema: { type: "integer", minimum: 0, maximum: LIMITS.holdMs, default: TIMINGS.longPollHoldMs },
      },
    ],
    answers: {
      "200": { description: "Events, oldest first; one `idle` when the hold has ended.", content: eventList },
    },
    arrays: true,
  },
  sse: {
    summary: "An event stream that goes on until either side ends it",
    parameters: [
      {
        name: "Last-Event-ID",
        in: "header",
        description: "A cursor, as a native EventSource sends it when it reconnects; wins over `after`.",
        schema: ref("Cursor"),
      },
    ],
    answers: {
      "200": {
        description:
          "One SSE event per event; `data` is a DownEvent, `id` a cursor. asyncapi.yaml describes the messages.",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      "204": {
        description: "A newer reader has taken over; the one status at which a native EventSource stops for good.",
      },
    },
    arrays: false,
  },
  websocket: {
    summary: "The upgrade to a WebSocket",
    parameters: [],
    answers: {
      "101": { description: "One text frame per event, command and reply. asyncapi.yaml describes the messages." },
    },
    arrays: false,
  },
};

const UNKNOWN: TransportNotes = {
  summary: "Events by a transport that this description knows nothing more of",
  parameters: [],
  answers: { "200": { description: "The way down." } },
  arrays: false,
};

/** Returns the notes on a transport. An unknown one has only what all transports have in common. */
export function notesOn(name: string): TransportNotes {
  return NOTES[name] ?? UNKNOWN;
}

/** Returns whether the transport's responses are arrays of events. */
export function answersWithArrays(name: string): boolean {
  return notesOn(name).arrays;
}
