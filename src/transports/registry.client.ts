import type { ClientTransport } from "./contract.ts";
import { longPolling } from "./long-polling/client.ts";
import { shortPolling } from "./short-polling/client.ts";
import { sse } from "./sse/client.ts";
import { websocket } from "./websocket/client.ts";

/** The transports of the client, best first: the order in which `auto` tries them. */
export const clientTransports: readonly ClientTransport[] = [websocket, sse, longPolling, shortPolling];
