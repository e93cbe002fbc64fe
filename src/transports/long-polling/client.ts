import { TIMINGS } from "../../protocol/limits.ts";
import type { ClientTransport } from "../contract.ts";
import { type Asking, pollLink } from "../shared/client/poll-link.ts";

const name = "long-polling";
/** Not all holds end in the same moment, even if all clients came in the same one. */
const HOLD_JITTER = 0.1;
/** An answer that comes at once and brings nothing new must not be followed by a question at once: that is a flood. */
const STALL_MS = 1_000;
/** Typing and counts move no cursor. A few answers of them in a row cost no wait, many are spaced out. */
const STALL_BASE_MS = 10;

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
      pause(events, stalls) {
        if (stalls === 0) return 0;
        const passing = events.some(({ type }) => type === "typing" || type === "census");
        return passing ? Math.min(STALL_MS, STALL_BASE_MS * 2 ** stalls) : STALL_MS;
      },
    };
    return pollLink(asking, attach, platform, signal);
  },
};
