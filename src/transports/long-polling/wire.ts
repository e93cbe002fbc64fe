import type { DownEvent } from "../../protocol/events.ts";
import { PollFrame } from "../shared/server/poll-outlet.ts";

/** A JSON array, never empty: a hold that ends without an event is answered with `idle`. */
export function frame(events: readonly DownEvent[]): PollFrame {
  return new PollFrame(events);
}
