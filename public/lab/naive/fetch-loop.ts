import { advance, type Hear } from "./hear.ts";
import { addressOf, type NaiveSeat } from "./room.ts";

/**
 * A bare fetch loop: asks, hands on, asks again. It names the place of the last answer, since the server must know what
 * is new; the first request that fails ends it, and nobody begins another.
 */
export async function fetchLoop(
  seat: NaiveSeat,
  path: string,
  query: Readonly<Record<string, string>>,
  pauseMs: number,
  hear: Hear,
): Promise<void> {
  let after: string | null = null;
  for (;;) {
    const url = addressOf(seat, path, { ...query, ...(after === null ? {} : { after }) });
    const answer = await seat.platform.fetch(url, { signal: seat.signal, cache: "no-store" });
    const events: unknown = await answer.json();
    if (!answer.ok || !Array.isArray(events)) throw new Error(`The server answered ${answer.status}.`);
    hear.live();
    for (const event of events) {
      after = advance(after, event);
      hear.event(event);
    }
    if (pauseMs > 0) await pause(seat, pauseMs);
  }
}

function pause({ platform, signal }: NaiveSeat, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = platform.schedule(resolve, ms);
    signal.addEventListener("abort", () => {
      cancel();
      reject(signal.reason);
    });
  });
}
