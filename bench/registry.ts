import type { Row } from "./contract.ts";
import { FLOORS } from "./floors/rows.ts";
import { BETTER_SSE_ROWS } from "./peers/better-sse/rows.ts";
import { BUN_ROWS } from "./peers/bun/rows.ts";
import { FAYE_ROWS } from "./peers/faye/rows.ts";
import { NCHAN_ROWS } from "./peers/nchan/rows.ts";
import { SOCKET_IO_ROWS } from "./peers/socket-io/rows.ts";
import { SOCKJS_ROWS } from "./peers/sockjs/rows.ts";
import { WS_ROWS } from "./peers/ws/rows.ts";
import { ON_DISK, OWN, WITHOUT_LAB } from "./skyrocket/rows.ts";

/** Everything that is set side by side: the floors, ours, and what people would use instead. */
export const ROWS: readonly Row[] = [
  ...FLOORS,
  ...OWN,
  ...ON_DISK,
  ...WITHOUT_LAB,
  ...WS_ROWS,
  ...SOCKET_IO_ROWS,
  ...SOCKJS_ROWS,
  ...FAYE_ROWS,
  ...BETTER_SSE_ROWS,
  ...BUN_ROWS,
  ...NCHAN_ROWS,
];

/** Throws when there is no such row. */
export function rowNamed(name: string): Row {
  const row = ROWS.find((each) => each.name === name);
  if (row === undefined) throw new Error(`the bench has no row "${name}"`);
  return row;
}
