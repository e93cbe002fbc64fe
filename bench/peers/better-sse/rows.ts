import { fileURLToPath } from "node:url";
import type { Row } from "../../contract.ts";
import { packageNote } from "../installed.ts";
import { betterSse } from "./dialect.ts";

export const BETTER_SSE_ROWS: readonly Row[] = [
  {
    ...packageNote("better-sse"),
    name: "better-sse",
    title: "better-sse",
    system: "better-sse",
    kind: "peer",
    leg: "sse",
    setting:
      "channel.broadcast of JSON made once: serializer and sanitizer hand it on as it is, eventId is a counter; " +
      "keepAlive 15 s, as our heartbeat; no history. Published by a POST on a keep-alive connection.",
    server: () => [fileURLToPath(new URL("./server.ts", import.meta.url))],
    dialect: betterSse,
    resumes: false,
  },
];
