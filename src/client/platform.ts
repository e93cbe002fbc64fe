import type { Platform } from "../transports/contract.ts";

/** setTimeout takes a longer delay for 1 ms. */
const LONGEST_MS = 2_147_483_647;

/** The world as it is, browser and Node alike, with any part of it replaced by `given`. */
export function defaultPlatform(given: Partial<Platform> = {}): Platform {
  const { fetch } = given;
  return {
    // Called as a method of anything but the window, a browser's fetch throws.
    fetch: fetch === undefined ? (input, init) => globalThis.fetch(input, init) : (input, init) => fetch(input, init),
    WebSocket: "WebSocket" in given ? given.WebSocket : globalThis.WebSocket,
    origin: "origin" in given ? given.origin : pageOrigin(),
    now: given.now ?? (() => performance.now()),
    wallNow: given.wallNow ?? (() => Date.now()),
    random: given.random ?? (() => Math.random()),
    schedule:
      given.schedule ??
      ((task, ms) => {
        const timer = setTimeout(task, Math.min(ms, LONGEST_MS));
        return () => clearTimeout(timer);
      }),
    ...(given.requestMs === undefined ? {} : { requestMs: given.requestMs }),
  };
}

/** Node has no `location`, and a page opened from a file has the origin "null", which is no server's. */
function pageOrigin(): string | undefined {
  return globalThis.location === undefined ? undefined : globalThis.location.origin;
}
