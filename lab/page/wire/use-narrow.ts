import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** A row of 16 bytes, as digits and as text, needs so much. */
const WIDE_REM = 39;

/** Whether an element is too narrow for 16 bytes a row: then there are 8. */
export function useNarrow(box: RefObject<HTMLElement | null>): boolean {
  const [narrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return;
    const look = (): void => setNarrow(current.clientWidth < WIDE_REM * rootPixels());
    const observer = new ResizeObserver(look);
    observer.observe(current);
    look();
    return () => observer.disconnect();
  }, [box]);
  return narrow;
}

/** Pixels of 1 rem. */
export function rootPixels(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
