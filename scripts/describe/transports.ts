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
    summary: "Returns new events at once, or an empty array",
    parameters: [],
    answers: { "200": { description: "Events, oldest first.", content: eventList } },
    arrays: true,
  },
  "long-polling": {
    summary: "Returns new events as soon as there are any",
    parameters: [
      {
        name: "hold",
        in: "query",
        description: "How long the request may be held open without events, in ms.",
        schema: { type: "integer", minimum: 0, maximum: LIMITS.holdMs, default: TIMINGS.longPollHoldMs },
      },
    ],
    answers: {
      "200": { description: "Events, oldest first; one `idle` when the hold has ended.", content: eventList },
    },
    arrays: true,
  },
  sse: {
    summary: "Opens an event stream",
    parameters: [
      {
        name: "Last-Event-ID",
        in: "header",
        description: "A cursor, as a native EventSource sends it when it reconnects. Takes precedence over `after`.",
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
        description: "A newer reader has taken over. Only at this status does a native EventSource stop reconnecting.",
      },
    },
    arrays: false,
  },
  websocket: {
    summary: "Upgrades to a WebSocket",
    parameters: [],
    answers: {
      "101": { description: "One text frame per event, command and reply. asyncapi.yaml describes the messages." },
    },
    arrays: false,
  },
};

const UNKNOWN: TransportNotes = {
  summary: "Delivers events by another transport",
  parameters: [],
  answers: { "200": { description: "Events." } },
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
