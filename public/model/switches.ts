import type { ConnectionState } from "../../src/client/types.ts";
import type { Feed } from "./feed.ts";

/** Watches a client's states and tells the feed when it has changed transport. */
export interface Switches {
  /** The person has asked for `name`. */
  asked(name: string | null): void;
  see(state: ConnectionState): void;
}

export function createSwitches(feed: Feed): Switches {
  let wanted: string | null = null;
  let used: string | null = null;
  let trying: string | null = null;

  return {
    asked(name) {
      wanted = name;
    },
    see(state) {
      if (state.kind !== "live") return;
      if (state.switchingTo !== null && state.switchingTo !== trying) feed.switching();
      trying = state.switchingTo;
      const { since, transport } = state;
      if (since.kind === "switched" && used !== transport) {
        feed.switched(since.from, transport, wanted === transport);
        wanted = null;
      }
      used = transport;
    },
  };
}
