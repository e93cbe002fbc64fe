import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/** What a proxy says of whom it asks for: then the one who asks is not on this machine, though the connection is. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** Whether a request comes from the server's own machine, and from nobody behind a proxy there. */
export function isFromHere({ raw, headers }: Pick<FastifyRequest, "raw" | "headers">): boolean {
  return isLoopbackAddress(raw.socket.remoteAddress ?? "") && FORWARDED.every((name) => headers[name] === undefined);
}

function isLoopbackAddress(address: string): boolean {
  const v4 = address.replace(/^::ffff:/i, "");
  return address === "::1" || (isIP(v4) === 4 && v4.startsWith("127."));
}
