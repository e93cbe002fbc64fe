import type { ConnectionState } from "../../src/client/types.ts";
import type { Feed } from "./feed.ts";
import type { Tally } from "./ledger.ts";

/** Watches a client's states and tells the feed when it has changed transport. */
export interface Switches {
  /** The person has asked for `name`. */
  asked(name: string | null): void;
  see(state: ConnectionState): void;
}

export function createSwitches(feed: Feed): Switches {
  let wanted: string | null = null;
  let used: string | null = null;
  /** The count when the present change began: by a second link, or by the loss of the first. */
  let before: Tally | null = null;

  return {
    asked(name) {
      wanted = name;
    },
    see(state) {
      if (state.kind !== "live" || state.switchingTo !== null) {
        before ??= feed.tally;
        return;
      }
      // Also where the link was lost meanwhile and came back as another: to the reader that is a change all the same.
      if (used !== null && used !== state.transport) {
        feed.switched(used, state.transport, wanted === state.transport, before ?? feed.tally);
        wanted = null;
      }
      used = state.transport;
      before = null;
    },
  };
}
