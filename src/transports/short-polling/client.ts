import { TIMINGS } from "../../protocol/limits.ts";
import type { ClientTransport } from "../contract.ts";
import { isCatchingUp, type PollOptions, pollLink } from "../shared/client/poll-link.ts";

const name = "short-polling";

/** Traditional HTTP: polls every 2 s, or at once while it is behind. */
export const shortPolling: ClientTransport = {
  name,
  title: "HTTP polling",
  duplex: false,
  streaming: false,
  whenHidden: "long-polling",
  supported: () => true,
  connect(attach, platform, signal) {
    const options: PollOptions = {
      name,
      hold: () => null,
      // Behind the head it polls again at once, unless the last response did not move the cursor.
      pause: (events, fruitless) => (fruitless === 0 && isCatchingUp(events) ? 0 : TIMINGS.shortPollEveryMs),
    };
    return pollLink(options, attach, platform, signal);
  },
};
