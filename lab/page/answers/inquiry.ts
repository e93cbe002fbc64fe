import type { RunLane } from "../../engine/run.ts";
import type { Lab } from "../model/lab.ts";
import { OUTSIDE } from "../model/roster.ts";
import { lastUntil } from "../model/story/search.ts";
import type { Story } from "../model/story/story.ts";

/** How far an experiment is. */
export interface Progress {
  readonly says: string;
  /** From 0 to 1. */
  readonly share: number;
}

/** An experiment that came to no result; the message says why. */
export class InquiryError extends Error {
  override readonly name = "InquiryError";
}

/** What an experiment works with: the laboratory's own lanes, and the patience to wait for what they do. */
export interface Inquiry {
  readonly lab: Lab;
  readonly lanes: readonly RunLane[];
  readonly story: Story;
  readonly signal: AbortSignal;
  tell(progress: Progress): void;
  /** Resolves to what `probe` gives as soon as it is not null. Rejects with InquiryError, naming `what`, when it never is. */
  until<Value>(what: string, probe: () => Value | null, patienceMs: number): Promise<Value>;
  /** The same, for a promise. */
  within<Value>(what: string, promise: Promise<Value>, patienceMs: number): Promise<Value>;
  /** Resolves when `probe` says so or the time is over, whichever comes first. */
  first(probe: () => boolean, ms: number): Promise<void>;
  pause(ms: number): Promise<void>;
}

const LOOK_EVERY_MS = 20;
const LIVE_MS = 60_000;

/**
 * Gets the lanes ready: no other messages, the member outside as the speaker, careful clients, all of them live. Lanes
 * that were naive are not any more, and then a new run has begun. Rejects with InquiryError, or the signal's reason.
 */
export async function beginInquiry(
  lab: Lab,
  signal: AbortSignal,
  tell: (progress: Progress) => void,
): Promise<Inquiry> {
  lab.sender.stop();
  lab.setSpeaker(OUTSIDE);
  for (const { lane, naive } of lab.lanes.peek()) if (naive) lab.setNaive(lane, false);
  const lanes = lab.lanes.peek();
  const story = lab.show.story.peek();

  function pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = lab.platform.clock.after(ms, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });
  }
  async function until<Value>(what: string, probe: () => Value | null, patienceMs: number): Promise<Value> {
    const deadline = lab.platform.clock.monotonicNow() + patienceMs;
    for (;;) {
      if (lab.state.peek().kind !== "open") throw new InquiryError("The connection to the laboratory is gone.");
      if (lab.show.story.peek() !== story) throw new InquiryError("A new run has begun meanwhile. Measure again.");
      const value = probe();
      if (value !== null) return value;
      if (lab.platform.clock.monotonicNow() > deadline) {
        throw new InquiryError(`In ${Math.round(patienceMs / 1_000)} s there was no ${what}. Measure again.`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  async function within<Value>(what: string, promise: Promise<Value>, patienceMs: number): Promise<Value> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await until(what, () => (settled ? true : null), patienceMs);
    return promise;
  }
  async function first(probe: () => boolean, ms: number): Promise<void> {
    const deadline = lab.platform.clock.monotonicNow() + ms;
    await until(
      "end of a wait",
      () => (probe() || lab.platform.clock.monotonicNow() >= deadline ? true : null),
      ms + LIVE_MS,
    );
  }

  const inquiry: Inquiry = { lab, lanes, story, signal, tell, until, within, first, pause };
  tell({ says: "waiting until all lanes are live", share: 0 });
  await until("connection on every lane", () => (lanes.every((lane) => isLive(story, lane)) ? true : null), LIVE_MS);
  return inquiry;
}

function isLive(story: Story, { lane }: RunLane): boolean {
  return lastUntil(story.lane(lane).client.states, Number.POSITIVE_INFINITY)?.state === "live";
}

/** When a lane's client had the message, ms after it was sent; null: it has not. */
export function latencyOf({ story }: Inquiry, name: string, { lane }: RunLane): number | null {
  return story.message(name)?.receipts.get(lane)?.latencyMs ?? null;
}
