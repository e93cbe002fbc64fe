import type { Mountable } from "./contract.server.ts";
import { longPolling } from "./long-polling/server.ts";
import { shortPolling } from "./short-polling/server.ts";
import { sse } from "./sse/server.ts";
import { websocket } from "./websocket/server.ts";

/** The server halves of all transports, best first: the order in which they are offered to clients. */
export const serverTransports: readonly Mountable[] = [websocket, sse, longPolling, shortPolling];
