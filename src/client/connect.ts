import { clientTransports } from "../transports/registry.client.ts";
import { baseOf } from "./base.ts";
import { AUTO, Chooser, memoryChoice } from "./chooser.ts";
import { Client } from "./client.ts";
import { defaultPlatform } from "./platform.ts";
import { isRoomName } from "./sessionApi.ts";
import type { ChatClient, ConnectOptions } from "./types.ts";

/**
 * Enters a room as one member, and keeps it connected until `close()`, `leave()` or the server's word.
 * Returns at once; `opened` and `state` tell what becomes of it.
 * Throws RangeError for options that can't work anywhere: no such transport here, no name of a room.
 */
export function connect(options: ConnectOptions): ChatClient {
  const { url, room, name, key, resume, signal, transport = AUTO, choice = memoryChoice() } = options;
  const platform = defaultPlatform(options.platform);
  const known = (options.transports ?? clientTransports).filter((one) => one.supported(platform));
  if (transport !== AUTO && !known.some((one) => one.name === transport)) {
    const names = [AUTO, ...known.map((one) => one.name)].join(", ");
    throw new RangeError(`There is no transport "${transport}" here. Use one of: ${names}.`);
  }
  if (!isRoomName(room)) {
    throw new RangeError(
      `"${room}" can't name a room. Use 1 to 64 of a-z, 0-9 and hyphens, not beginning with a hyphen.`,
    );
  }
  return new Client({
    base: baseOf(url),
    request: { room, name, ...(key === undefined ? {} : { key }) },
    resume,
    platform,
    chooser: new Chooser(known, transport, choice),
    signal,
  });
}
