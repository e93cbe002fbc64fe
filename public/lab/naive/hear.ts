/** Where a naive client puts what it hears. */
export interface Hear {
  /** Bytes have come: it believes to be connected. Told again and again. */
  live(): void;
  /** Parsed JSON, whatever it is. */
  event(event: unknown): void;
}

/** The place after an event, for a server that is asked what is new; only `live` and numbered events move it. */
export function advance(after: string | null, event: unknown): string | null {
  if (typeof event !== "object" || event === null) return after;
  if ("cursor" in event && typeof event.cursor === "string") return event.cursor;
  if (after !== null && "seq" in event && typeof event.seq === "number") {
    return `${after.slice(0, after.lastIndexOf("-"))}-${event.seq}`;
  }
  return after;
}
