import type { Row } from "./contract.ts";
import { FLOORS } from "./floors/rows.ts";
import { BETTER_SSE_ROWS } from "./peers/better-sse.ts";
import { BUN_ROWS } from "./peers/bun.ts";
import { FAYE_ROWS } from "./peers/faye.ts";
import { NCHAN_ON_REDIS, NCHAN_ROWS } from "./peers/nchan.ts";
import { SOCKET_IO_ON_REDIS, SOCKET_IO_ROWS } from "./peers/socket-io.ts";
import { SOCKJS_ROWS } from "./peers/sockjs.ts";
import { WS_ROWS } from "./peers/ws.ts";
import { DYING, ON_REDIS } from "./skyrocket/nodes.ts";
import { ON_DISK, OWN, WITHOUT_LAB } from "./skyrocket/rows.ts";

/** All rows that are compared: the floors, ours, and the peers that people would use instead. */
export const ROWS: readonly Row[] = [
  ...FLOORS,
  ...OWN,
  ...ON_DISK,
  ...WITHOUT_LAB,
  ...ON_REDIS,
  ...DYING,
  ...WS_ROWS,
  ...SOCKET_IO_ROWS,
  ...SOCKET_IO_ON_REDIS,
  ...SOCKJS_ROWS,
  ...FAYE_ROWS,
  ...BETTER_SSE_ROWS,
  ...BUN_ROWS,
  ...NCHAN_ROWS,
  ...NCHAN_ON_REDIS,
];

/** Returns the row with this name. Throws if there is none. */
export function rowNamed(name: string): Row {
  const row = ROWS.find((each) => each.name === name);
  if (row === undefined) throw new Error(`the bench has no row "${name}"`);
  return row;
}
