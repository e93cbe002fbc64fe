import type { Hear } from "./hear.ts";
import { addressOf, type NaiveSeat } from "./room.ts";

/**
 * A bare fetch loop: asks, hands on, asks again. It keeps no cursor. An answer that names the room's present place is
 * followed by a request for what comes from there on; after an answer with messages it asks for the present place anew,
 * and what was said in between has passed it by. The first request that fails ends it, and nobody begins another.
 */
export async function fetchLoop(
  seat: NaiveSeat,
  path: string,
  query: Readonly<Record<string, string>>,
  pauseMs: number,
  hear: Hear,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const url = addressOf(seat, path, after === undefined ? query : { ...query, after });
    const answer = await seat.platform.fetch(url, { signal: seat.signal, cache: "no-store" });
    const events: unknown = await answer.json();
    if (!answer.ok || !Array.isArray(events)) throw new Error(`The server answered ${answer.status}.`);
    hear.live();
    for (const event of events) hear.event(event);
    after = events.map(placeOf).at(-1);
    if (pauseMs > 0) await pause(seat, pauseMs);
  }
}

/** Only what tells of the room as it is now names a place: a message doesn't. */
function placeOf(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null || !("cursor" in event)) return undefined;
  return typeof event.cursor === "string" ? event.cursor : undefined;
}

function pause({ platform, signal }: NaiveSeat, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = platform.clock.after(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      reject(signal.reason);
    });
  });
}
