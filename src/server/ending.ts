import type { FastifyInstance } from "fastify";
import type { ChatHub } from "../chat/hub.ts";
import type { Logger } from "./log.ts";

/** How long replies that are under way at the end of a drain may take. */
const LAST_CALL_MS = 1_000;

/** The two ways in which a server ends. */
export interface Ending {
  /** Says `bye` to every reader in batches, then closes. Resolves when the last has gone, at the latest after `drainMs`. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

export function endingOf(app: FastifyInstance, hub: ChatHub, log: Logger): Ending {
  return {
    async drain() {
      log.info({ connections: hub.counts.connections }, "draining");
      await hub.drain();
      // Readers that are left have had their time; without this, closing would wait for a socket nobody reads.
      await hub.close();
      // Replies under way are let out; who then still holds its connection has had its time as well.
      const lastCall = setTimeout(() => app.server.closeAllConnections(), LAST_CALL_MS);
      await app.close();
      clearTimeout(lastCall);
      log.info("drained");
    },
    async close() {
      await hub.close();
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
