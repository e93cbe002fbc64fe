import type { ChatClient } from "../../src/client/types.ts";
import type { Feed } from "./feed.ts";

/** Asks the server who is there, at most once in a while however often it is needed. */
export interface Roster {
  ask(): void;
  /** Stops the timer. */
  end(): void;
}

/** Long enough for who has come to have opened a connection, whose transport is then in the list. */
const SOON_MS = 1_500;

export function createRoster(feed: Feed, client: () => ChatClient | null): Roster {
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function fetchList(): Promise<void> {
    const asked = client();
    if (asked === null) return;
    try {
      await feed.list(async () => {
        const members = await asked.members();
        return asked === client() ? members : null;
      });
    } catch {
      // The list stays as it is; the next event that needs it asks again.
    }
  }

  return {
    ask() {
      timer ??= setTimeout(() => {
        timer = undefined;
        void fetchList();
      }, SOON_MS);
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
