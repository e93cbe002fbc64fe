import type { DownEvent } from "../../protocol/events.ts";
import { PollFrame } from "../shared/server/poll-outlet.ts";

/** A JSON array. An empty one means what `idle` means on other transports. */
export function frame(events: readonly DownEvent[]): PollFrame {
  return new PollFrame(events.filter((event) => event.type !== "idle"));
}
