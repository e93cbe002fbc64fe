import { fileURLToPath } from "node:url";
import type { Row } from "../contract.ts";
import { BARE_POLLS, BARE_STREAM, LINES } from "./dialects.ts";

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

const FLOOR = { system: "floors", kind: "floor", version: null, missing: null, resumes: false } as const;

/** Against these the others are measured. Always part of a run. */
export const FLOORS: readonly Row[] = [
  {
    ...FLOOR,
    name: "net",
    title: "net: socket.write of one shared buffer",
    leg: "raw",
    setting: "A bare TCP server that writes the bytes of our own event to every socket; messages go in as lines.",
    server: () => [path("./net.ts")],
    dialect: LINES,
  },
  {
    ...FLOOR,
    name: "http-long-polling",
    title: "node:http long polling",
    leg: "long-polling",
    setting:
      "Bare node:http: every request is held, and all are answered at once by writeHead(200, array) and end(string, latin1); messages go in as lines on an upgraded connection.",
    server: () => [path("./http-long-polling.ts")],
    dialect: BARE_POLLS,
  },
  {
    ...FLOOR,
    name: "http-sse",
    title: "node:http SSE, response.write",
    leg: "sse",
    setting:
      "Bare node:http: response.write(string) for every client, as most people write it first; messages go in as lines on an upgraded connection.",
    server: () => [path("./http-sse.ts")],
    dialect: BARE_STREAM,
  },
];
