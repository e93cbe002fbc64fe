/** At most one thing to come, owned by who waits for it. */
export class Timer {
  #timeout: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;

  /** Calls `task` after `ms`, in place of what was to come. */
  set(ms: number, task: () => void): void {
    this.clear();
    this.#timeout = setTimeout(task, Math.min(Math.ceil(ms), 2_147_483_647));
  }

  /** Calls `task` in the next turn of the event loop, in place of what was to come. */
  nextTurn(task: () => void): void {
    this.clear();
    this.#immediate = setImmediate(task);
  }

  clear(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timeout = null;
    this.#immediate = null;
  }
}
