import type { Hear } from "./hear.ts";
import { addressOf, type NaiveSeat } from "./room.ts";

/**
 * A bare EventSource. It would try again by itself, and name the last id that it saw: retry and cursor are built into
 * it. Both are switched off here by closing at the first error, to show what they are for.
 */
export function bareEventSource(seat: NaiveSeat, hear: Hear): Promise<void> {
  return new Promise((_, reject) => {
    const source = new EventSource(addressOf(seat, "transports/sse"));
    const close = (why: string): void => {
      source.close();
      reject(new Error(why));
    };
    source.addEventListener("live", () => hear.live());
    source.addEventListener("message", ({ data }) => hear.event(JSON.parse(data)));
    source.addEventListener("error", () => close("onerror was called, without a reason"));
    seat.signal.addEventListener("abort", () => close("closed"));
  });
}
