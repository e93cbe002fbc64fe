import type { Mutation } from "../contract.ts";

/** The client: each event once and in order, each command until it is answered. */
export const CLIENT_MUTATIONS: readonly Mutation[] = [
  {
    name: "client-unfiltered",
    breaks: "an event that two links deliver is handed on twice",
    in: "CursorTracker.take",
    text: "|| at.seq <= seq",
    becomes: "",
    tests: [{ file: "cursor-tracker.test.ts" }],
  },
  {
    name: "client-blind-to-holes",
    breaks: "a missing event is not noticed",
    in: "CursorTracker.take",
    condition: "seq + 1",
    becomes: "false",
    tests: [{ file: "cursor-tracker.test.ts" }],
  },
];
