import { systemClock } from "../clock.ts";
import type { Platform } from "../transports/contract.ts";

/** Returns the environment of browsers and Node, with the parts in `given` replaced. */
export function defaultPlatform(given: Partial<Platform> = {}): Platform {
  const { fetch } = given;
  return {
    // A browser's fetch throws if it is called as a method of anything but the window.
    fetch: fetch === undefined ? (input, init) => globalThis.fetch(input, init) : (input, init) => fetch(input, init),
    WebSocket: "WebSocket" in given ? given.WebSocket : globalThis.WebSocket,
    origin: "origin" in given ? given.origin : pageOrigin(),
    clock: given.clock ?? systemClock,
    random: given.random ?? (() => Math.random()),
    ...(given.requestMs === undefined ? {} : { requestMs: given.requestMs }),
  };
}

/** Node has no `location`. A page opened from a file has the origin "null", which differs from every server's. */
function pageOrigin(): string | undefined {
  return globalThis.location === undefined ? undefined : globalThis.location.origin;
}
