/** How long a page that is being reloaded may take to release its lock. */
const HANDOVER_MS = 1_000;
/** Where there are no locks: how long the others have to say that they speak as this member. */
const ANSWER_MS = 300;

/**
 * Claims a member for this document until `until` aborts or the document goes. False: another tab speaks as this
 * member, which happens when a tab is duplicated together with its session storage.
 */
export function claim(member: string, until: AbortSignal): Promise<boolean> {
  // Locks need a secure context, which a page on a plain HTTP address of the local network is not.
  const locks: LockManager | undefined = navigator.locks;
  return locks === undefined ? claimByChannel(member, until) : claimByLock(locks, member, until);
}

function claimByLock(locks: LockManager, member: string, until: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const patience = new AbortController();
    const giveUp = (): void => patience.abort();
    const timer = setTimeout(giveUp, HANDOVER_MS);
    until.addEventListener("abort", giveUp, { once: true });
    const held = (): Promise<void> => {
      clearTimeout(timer);
      resolve(true);
      return new Promise((release) => {
        if (until.aborted) release();
        until.addEventListener("abort", () => release(), { once: true });
      });
    };
    locks.request(`skyrocket:${member}`, { signal: patience.signal }, held).catch(() => resolve(false));
  });
}

/** What tabs say to one another about one member: who wants to speak as it, and that somebody does already. */
type Word = { readonly kind: "asking"; readonly tab: number } | { readonly kind: "taken" };

function isWord(data: unknown): data is Word {
  if (typeof data !== "object" || data === null || !("kind" in data)) return false;
  return data.kind === "taken" || (data.kind === "asking" && "tab" in data && typeof data.tab === "number");
}

/**
 * The same by asking all tabs: the one that holds the member answers, and of two that ask at once the lower number wins.
 * A tab that is on its way out, to be reloaded or kept by the browser for the back button, answers no more.
 */
export function claimByChannel(
  member: string,
  until: AbortSignal,
  { answerMs = ANSWER_MS, tab = Math.random() }: { readonly answerMs?: number; readonly tab?: number } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(`skyrocket:${member}`);
    const say = (word: Word): void => channel.postMessage(word);
    let held = false;
    const end = (): void => {
      clearTimeout(timer);
      channel.close();
      resolve(false);
    };
    const timer = setTimeout(() => {
      held = true;
      resolve(true);
    }, answerMs);
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (!isWord(data)) return;
      if (data.kind === "asking" && (held || tab < data.tab)) say({ kind: "taken" });
      else if (!held) end();
    });
    until.addEventListener("abort", end, { once: true });
    if (typeof window !== "undefined") window.addEventListener("pagehide", end, { once: true });
    say({ kind: "asking", tab });
  });
}
