/** Collects items and hands them on together, once per frame; where there are no frames, ten times a second. */
export interface Pump<Item> {
  push(item: Item): void;
  /** Hands on what is left and stops. */
  end(): void;
}

/** A hidden page draws no frames, but its title counts what is unread. */
const HIDDEN_EVERY_MS = 100;

export function createPump<Item>(take: (items: readonly Item[]) => void): Pump<Item> {
  let waiting: Item[] = [];
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
    timer = undefined;
    const items = waiting;
    waiting = [];
    if (items.length > 0) take(items);
  }

  return {
    push(item) {
      waiting.push(item);
      if (timer !== undefined) return;
      frame = requestAnimationFrame(flush);
      timer = setTimeout(flush, HIDDEN_EVERY_MS);
    },
    end: flush,
  };
}
