import type { DownEvent } from "../../protocol/events.ts";
import { PollFrame } from "../shared/server/poll-outlet.ts";

/** A JSON array, never empty: a hold that ends with nothing to tell carries `idle`. */
export function frame(events: readonly DownEvent[]): PollFrame {
  return new PollFrame(events);
}
