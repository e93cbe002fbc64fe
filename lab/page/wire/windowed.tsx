import type { ComponentChildren, HTMLAttributes, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface WindowedProps {
  readonly count: number;
  /** Height of a row, in rem. */
  readonly rowRem: number;
  readonly draw: (index: number) => ComponentChildren;
  /** Scrolls this row into view. */
  readonly shown?: number | null;
  /** Stays at the end. */
  readonly follow?: boolean;
  /** Called when the visitor scrolls away from the end. */
  readonly onLeaveEnd?: () => void;
  readonly attributes: HTMLAttributes<HTMLDivElement>;
}

/** Rows drawn above and below those in view. */
const MARGIN = 8;

/** A list of any length. Only the rows in view are in the document. */
export function Windowed({ count, rowRem, draw, shown = null, follow = false, onLeaveEnd, attributes }: WindowedProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const row = rowRem * rootPixels();

  function look(): void {
    const { current } = box;
    if (current !== null) setView({ top: current.scrollTop, height: current.clientHeight });
  }
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return;
    const observer = new ResizeObserver(look);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [count, follow]);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null || shown === null || shown < 0) return;
    const top = shown * row;
    if (top < current.scrollTop) current.scrollTop = top;
    else if (top + row > current.scrollTop + current.clientHeight) current.scrollTop = top + row - current.clientHeight;
  }, [shown, row]);

  const first = Math.max(0, Math.floor(view.top / row) - MARGIN);
  const last = Math.min(count, Math.ceil((view.top + view.height) / row) + MARGIN);
  const rows: ComponentChildren[] = [];
  for (let index = first; index < last; index += 1) rows.push(draw(index));
  return (
    <div
      {...attributes}
      ref={box}
      onScroll={(event) => {
        look();
        const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
        if (follow && scrollHeight - scrollTop - clientHeight > 2 * row) onLeaveEnd?.();
      }}
    >
      <div style={{ height: `${count * row}px`, paddingTop: `${first * row}px` }}>{rows}</div>
    </div>
  );
}

/** Width that a row of 16 bytes needs, as digits and as text. */
const WIDE_REM = 39;

/** Returns whether an element is too narrow for rows of 16 bytes. Rows then have 8. */
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

/** Returns the pixels of 1 rem. */
function rootPixels(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
