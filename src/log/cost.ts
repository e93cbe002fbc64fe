/**
 * What an event takes beside its JSON, in memory: its objects, its entry in the window, and its reply in the dedupe.
 * Measured by the heap after a full collection, 200,000 messages in one room: 226 bytes with the shortest text and id,
 * 282 with an id of 64 characters, 303 with a text of two-byte characters. In a file it is less: columns and half-full
 * pages.
 */
export const EVENT_BYTES = 320;
/** A reply that outlives its event: measured 140 bytes in memory with an id of 36 characters, 110 in the file. */
export const REPLY_BYTES = 256;
/** A room, open or not, and the lock that is kept of one that is gone. Without it empty rooms would be free. */
export const ROOM_BYTES = 2_048;
export const LOCK_BYTES = 512;

/** A row of a table without row ids is kept on one page up to this size; of a longer one this much is, the rest not. */
const MOST_ON_PAGE = 1_002;
const KEPT_ON_PAGE = 489;
const PAGE_BYTES = 4_096;
const OVERFLOW_BYTES = 4_092;
/** The columns beside the body. */
const COLUMN_BYTES = 100;

/** The size of an event by its JSON: its bytes in UTF-8 or in memory, where one wide character makes all take two bytes. */
export function sizeOf(json: string): number {
  const bytes = Buffer.byteLength(json);
  return bytes === json.length ? bytes : Math.max(bytes, 2 * json.length);
}

/** What an event of that size takes in memory. */
export function costInMemory(size: number): number {
  return EVENT_BYTES + size;
}

/** What it takes in a SQLite file with pages of 4 KiB, and no less than in memory. */
export function costInFile(size: number): number {
  if (size + COLUMN_BYTES <= MOST_ON_PAGE) return EVENT_BYTES + size;
  const pages = Math.ceil((size + COLUMN_BYTES - KEPT_ON_PAGE) / OVERFLOW_BYTES);
  return EVENT_BYTES + KEPT_ON_PAGE + pages * PAGE_BYTES;
}

/** The sum of `costInFile` over rows with their size in the column `bytes`. */
export const COST_IN_FILE_SQL = `sum(${EVENT_BYTES} + CASE WHEN bytes + ${COLUMN_BYTES} <= ${MOST_ON_PAGE} THEN bytes
  ELSE ${KEPT_ON_PAGE} + (bytes + ${COLUMN_BYTES - KEPT_ON_PAGE + OVERFLOW_BYTES - 1}) / ${OVERFLOW_BYTES} * ${PAGE_BYTES} END)`;
