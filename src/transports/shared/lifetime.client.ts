/** A span of life within a longer one. */
export interface Lifetime {
  readonly signal: AbortSignal;
  /** Ends it and takes its listener off the longer one. Harmless when repeated. */
  end(reason?: unknown): void;
}

/** Begins a lifetime that ends with `parent`, or sooner by `end`, after which nothing of it hangs on `parent`. */
export function lifetimeWithin(parent: AbortSignal): Lifetime {
  const controller = new AbortController();
  const end = (reason?: unknown): void => {
    parent.removeEventListener("abort", onParentAbort);
    controller.abort(reason);
  };
  const onParentAbort = (): void => end(parent.reason);
  if (parent.aborted) controller.abort(parent.reason);
  else parent.addEventListener("abort", onParentAbort);
  return { signal: controller.signal, end };
}
