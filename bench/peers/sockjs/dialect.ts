import type { Dialect } from "../../generator/dialect.ts";
import { enterFreely } from "../enter.ts";
import { openLongPollingReader } from "./long-polling.ts";
import { openSseReader } from "./sse.ts";
import { openPublisher, openWebSocketReader } from "./websocket.ts";

export const sockJsWebSocket: Dialect = { enter: enterFreely, openPublisher, openReader: openWebSocketReader };
export const sockJsSse: Dialect = { enter: enterFreely, openPublisher, openReader: openSseReader };
export const sockJsLongPolling: Dialect = { enter: enterFreely, openPublisher, openReader: openLongPollingReader };
