import type { FastifyRequest } from "fastify";
import { hostOf } from "./access.ts";
import { isLoopbackAddress, isLoopbackName, nameIn } from "./machine.ts";

/** What proxies and tunnels add to a request: then its sender is not on this machine, though the connection is. */
const FORWARDED = new Set(["forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"]);
const FORWARDED_FAMILIES = /^(x-forwarded|x-original|x-envoy|cf)-/;

/**
 * Whether a request comes from the server's own machine, and was meant for it by a loopback name: neither from somebody
 * behind a proxy there, nor from a web page whose own name was rebound to loopback.
 */
export function isFromHere(request: Pick<FastifyRequest, "raw" | "headers">): boolean {
  return (
    isLoopbackAddress(request.raw.socket.remoteAddress ?? "") &&
    isLoopbackName(nameIn(hostOf(request) ?? "")) &&
    !Object.keys(request.headers).some((name) => FORWARDED.has(name) || FORWARDED_FAMILIES.test(name))
  );
}
