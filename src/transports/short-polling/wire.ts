import type { DownEvent } from "../../protocol/events.ts";
import { PollFrame } from "../shared/server/poll-outlet.ts";

/** A JSON array. Its being empty says what `idle` says elsewhere. */
export function frame(events: readonly DownEvent[]): PollFrame {
  return new PollFrame(events.filter((event) => event.type !== "idle"));
}
