import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** Takes files that are dropped anywhere on the page; true while one is held over it. */
export function useDrop(take: (file: File) => void): ReadonlySignal<boolean> {
  const over = useSignal(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const life = new AbortController();
    const { signal } = life;
    const holdsFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") ?? false;
    window.addEventListener(
      "dragover",
      (event) => {
        if (!holdsFiles(event)) return;
        // Else the browser opens the file in place of the page.
        event.preventDefault();
        over.value = true;
      },
      { signal },
    );
    window.addEventListener(
      "dragleave",
      (event) => {
        if (event.relatedTarget === null) over.value = false;
      },
      { signal },
    );
    window.addEventListener(
      "drop",
      (event) => {
        over.value = false;
        if (!holdsFiles(event)) return;
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) latest.current(file);
      },
      { signal },
    );
    return () => life.abort();
  }, [over]);
  return over;
}
