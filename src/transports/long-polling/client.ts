import { TIMINGS } from "../../protocol/limits.ts";
import type { ClientTransport } from "../contract.ts";
import { type Asking, pollLink } from "../shared/poll.client.ts";

const name = "long-polling";
/** Not all holds end in the same moment, even if all clients came in the same one. */
const HOLD_JITTER = 0.1;
/** An empty answer long before the hold's end comes from something in between: asking at once would be a flood. */
const HASTY_MS = 1_000;

/** HTTP polling whose server answers when there is something to say. */
export const longPolling: ClientTransport = {
  name,
  title: "Long polling",
  duplex: false,
  streaming: false,
  supported: () => true,
  connect(attach, platform, signal) {
    let held = 0;
    const asking: Asking = {
      name,
      hold(first) {
        // The first answer proves the way, so it must not wait for news.
        held = first ? 0 : Math.round(TIMINGS.longPollHoldMs * (1 - HOLD_JITTER * platform.random()));
        return held;
      },
      pause(events, tookMs) {
        const empty = events.every((event) => event.type === "idle");
        return empty && held > 0 && tookMs < HASTY_MS ? HASTY_MS : 0;
      },
    };
    return pollLink(asking, attach, platform, signal);
  },
};
