import { type Clock, systemClock } from "../../src/clock.ts";

/** How long a reloading page may take to release its lock. */
const HANDOVER_MS = 1_000;
/** Without locks: how long other tabs have to answer that they hold the member. */
const ANSWER_MS = 300;

/**
 * Claims a member for this document until `until` aborts or the document goes away. Resolves with false if another tab
 * holds the member, which happens when a tab is duplicated together with its session storage.
 */
export function claim(member: string, until: AbortSignal, clock: Clock): Promise<boolean> {
  // Locks need a secure context; a page on a plain HTTP address of the local network has none.
  const locks: LockManager | undefined = navigator.locks;
  return locks === undefined ? claimByChannel(member, until, { clock }) : claimByLock(locks, member, until, clock);
}

function claimByLock(locks: LockManager, member: string, until: AbortSignal, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const waiting = new AbortController();
    const giveUp = (): void => waiting.abort();
    const cancel = clock.after(HANDOVER_MS, giveUp);
    until.addEventListener("abort", giveUp, { once: true });
    const onAcquired = (): Promise<void> => {
      cancel();
      resolve(true);
      return new Promise((release) => {
        if (until.aborted) release();
        until.addEventListener("abort", () => release(), { once: true });
      });
    };
    locks.request(`skyrocket:${member}`, { signal: waiting.signal }, onAcquired).catch(() => resolve(false));
  });
}

/** What tabs post to each other about one member. */
type ClaimMessage = { readonly kind: "asking"; readonly tab: number } | { readonly kind: "taken" };

function isClaimMessage(data: unknown): data is ClaimMessage {
  if (typeof data !== "object" || data === null || !("kind" in data)) return false;
  return data.kind === "taken" || (data.kind === "asking" && "tab" in data && typeof data.tab === "number");
}

interface ChannelOptions {
  readonly answerMs?: number;
  /** Of two tabs that ask at once, the lower number wins. */
  readonly tab?: number;
  readonly clock?: Clock;
}

/**
 * Claims a member by asking all other tabs: the one that holds it answers. A tab that is being reloaded, or is kept for
 * the back button, no longer answers.
 */
export function claimByChannel(
  member: string,
  until: AbortSignal,
  { answerMs = ANSWER_MS, tab = Math.random(), clock = systemClock }: ChannelOptions = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(`skyrocket:${member}`);
    const post = (message: ClaimMessage): void => channel.postMessage(message);
    let held = false;
    const end = (): void => {
      cancel();
      channel.close();
      resolve(false);
    };
    const cancel = clock.after(answerMs, () => {
      held = true;
      resolve(true);
    });
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (!isClaimMessage(data)) return;
      if (data.kind === "asking" && (held || tab < data.tab)) post({ kind: "taken" });
      else if (!held) end();
    });
    until.addEventListener("abort", end, { once: true });
    if (typeof window !== "undefined") window.addEventListener("pagehide", end, { once: true });
    post({ kind: "asking", tab });
  });
}
