import { TIMINGS } from "../../protocol/limits.ts";
import type { ClientTransport } from "../contract.ts";
import { type Asking, isCatchingUp, pollLink } from "../shared/client/poll-link.ts";

const name = "short-polling";

/** Traditional HTTP: asks every 2 s whether there is something new. */
export const shortPolling: ClientTransport = {
  name,
  title: "HTTP polling",
  duplex: false,
  streaming: false,
  whenHidden: "long-polling",
  supported: () => true,
  connect(attach, platform, signal) {
    const asking: Asking = {
      name,
      hold: () => null,
      pause: (events, stalls) => (stalls === 0 && isCatchingUp(events) ? 0 : TIMINGS.shortPollEveryMs),
    };
    return pollLink(asking, attach, platform, signal);
  },
};
