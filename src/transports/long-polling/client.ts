import { TIMINGS } from "../../protocol/limits.ts";
import type { ClientTransport } from "../contract.ts";
import { type PollOptions, pollLink } from "../shared/client/poll-link.ts";

const name = "long-polling";
/** Spreads the ends of holds, even if all clients connect at the same time. */
const HOLD_JITTER = 0.1;
/** The wait after a response that comes at once and has nothing new. Without it, polls would flood the server. */
const LONGEST_PAUSE_MS = 1_000;
/** Ephemeral events don't move the cursor either. After the first response with only such events the wait is twice this. */
const SHORTEST_PAUSE_MS = 10;

/** HTTP polling in which the server holds each poll until there is an event. */
export const longPolling: ClientTransport = {
  name,
  title: "Long polling",
  duplex: false,
  streaming: false,
  supported: () => true,
  connect(attach, platform, signal) {
    const options: PollOptions = {
      name,
      hold(first) {
        // The first response proves the link, so the server must not hold it.
        return first ? 0 : Math.round(TIMINGS.longPollHoldMs * (1 - HOLD_JITTER * platform.random()));
      },
      pause(events, fruitless) {
        if (fruitless === 0) return 0;
        const hasEphemeral = events.some(({ type }) => type === "typing" || type === "census");
        return hasEphemeral ? Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** fruitless) : LONGEST_PAUSE_MS;
      },
    };
    return pollLink(options, attach, platform, signal);
  },
};
