/** Times, durations, counts and names in the reader's language. */
const TIME_OF_DAY = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** Formats hours and minutes. `at` is in ms since 1970, here and below. */
export function timeOfDay(at: number): string {
  return TIME_OF_DAY.format(at);
}

/** Formats the date, and the time to the second. */
export function fullTime(at: number): string {
  return FULL.format(at);
}

/** Returns a key for the local day of a time: two times of one day have the same key. */
export function dayKey(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** Returns "Today", "Yesterday" or the date. */
export function dayName(at: number, now: number): string {
  if (dayKey(at) === dayKey(now)) return "Today";
  const today = new Date(now);
  // By the calendar: a day on which clocks change has 23 or 25 hours.
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayKey(at) === dayKey(yesterday.getTime())) return "Yesterday";
  return DAY.format(at);
}

/** Returns the milliseconds until the local day changes. */
export function untilMidnight(now: number): number {
  const today = new Date(now);
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1).getTime() - now;
}

/**
 * Formats a duration. Pass `tenths` only if the measurement has them: the server dates messages of other members in
 * whole milliseconds.
 */
export function duration(ms: number, tenths: boolean): string {
  if (ms < 1) return "<1 ms";
  if (ms < 10 && tenths) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 99_500 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** Returns "1 message" or "2 messages". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** Returns "Ada", "Ada and Grace" or "Ada, Grace and 3 more". */
export function names(list: readonly string[], shown = 3): string {
  if (list.length <= 1) return list.join("");
  if (list.length <= shown) return `${list.slice(0, -1).join(", ")} and ${list.at(-1) ?? ""}`;
  return `${list.slice(0, shown - 1).join(", ")} and ${list.length - shown + 1} more`;
}
