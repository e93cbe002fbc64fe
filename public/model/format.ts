const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

const DAY_MS = 86_400_000;

/** Hours and minutes of a time in ms since 1970. */
export function clock(at: number): string {
  return CLOCK.format(at);
}

/** Date and time to the second. */
export function exact(at: number): string {
  return EXACT.format(at);
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Names the local day of a time: the same text for two times of one day. */
export function dayKey(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** "Today", "Yesterday" or the date. */
export function dayName(at: number, now: number): string {
  if (dayKey(at) === dayKey(now)) return "Today";
  if (dayKey(at) === dayKey(now - DAY_MS)) return "Yesterday";
  return DAY.format(at);
}

/**
 * A duration as people read it. Tenths only where the measurement has them: another member's message is dated by the
 * server in whole milliseconds.
 */
export function duration(ms: number, tenths: boolean): string {
  if (ms < 1) return "<1 ms";
  if (ms < 10 && tenths) return `${ms.toFixed(1)} ms`;
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  return `${Math.round(ms / 1_000)} s`;
}

/** "1 message", "2 messages". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** "Ada", "Ada and Grace", "Ada, Grace and 3 more". */
export function names(list: readonly string[], shown = 3): string {
  if (list.length <= 1) return list.join("");
  if (list.length <= shown) return `${list.slice(0, -1).join(", ")} and ${list.at(-1) ?? ""}`;
  return `${list.slice(0, shown - 1).join(", ")} and ${list.length - shown + 1} more`;
}
