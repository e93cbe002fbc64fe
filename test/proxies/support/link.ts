import { type RunningServer, startServer } from "../../../src/server/server.ts";
import type { ClientTransport } from "../../../src/transports/contract.ts";
import { Api } from "../../support/api.ts";
import { follow } from "../../support/follow.ts";
import { freshRoom } from "../../support/ids.ts";
import { testPlatform } from "../../support/platform.ts";
import { EventQueue } from "../../support/queue.ts";
import type { Program } from "./program.ts";
import { RunningProxy } from "./running-proxy.ts";

/** One link through a proxy, live. */
export async function attach(transport: ClientTransport, server: RunningServer, base: URL) {
  const { session, cursor } = await new Api(server.url).openSession(freshRoom());
  const controller = new AbortController();
  const link = transport.connect({ base, session, after: cursor, reader: 1 }, testPlatform(), controller.signal);
  const queue = new EventQueue(cursor);
  const reading = follow(link, queue);
  await link.opened;
  return {
    queue,
    leave: async () => {
      controller.abort();
      await reading;
    },
  };
}

/** A server and a proxy before it, for as long as `task` takes. */
export async function withServer(
  program: Program,
  configuration: string,
  heartbeatMs: number,
  task: (server: RunningServer, base: URL) => Promise<void>,
): Promise<void> {
  const server = await startServer({ settings: { heartbeatMs } });
  try {
    await using proxy = await RunningProxy.start(program, server.url, configuration);
    await task(server, proxy.url);
  } finally {
    await server.close();
  }
}
