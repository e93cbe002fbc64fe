/** How long a page that is being reloaded may take to let go of its lock. */
const HANDOVER_MS = 1_000;

/** Whether this document is the next life of the one before it, not a copy of one that still lives. */
function isReload(): boolean {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation instanceof PerformanceNavigationTiming && navigation.type === "reload";
}

/**
 * Claims a member for this document until `until` aborts or the document goes. False: another tab speaks as this
 * member, which happens when a tab is duplicated together with its session storage.
 */
export function claim(member: string, until: AbortSignal): Promise<boolean> {
  // Locks need a secure context. Without them a copy can't be told from the original, but a reload can.
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined) return Promise.resolve(isReload());
  return new Promise((resolve) => {
    const patience = AbortSignal.any([until, AbortSignal.timeout(HANDOVER_MS)]);
    const held = (): Promise<void> => {
      resolve(true);
      return new Promise((release) => {
        until.addEventListener("abort", () => release(), { once: true });
      });
    };
    locks.request(`skyrocket:${member}`, { signal: patience }, held).catch(() => resolve(false));
  });
}
