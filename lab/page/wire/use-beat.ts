import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Show } from "../model/show.ts";
import type { Wire } from "./model/wire.ts";

/** A list that changes more often can't be read. */
const EVERY_MS = 100;

/** Keeps `wire` up with its show, at most ten times a second. */
export function useBeat(show: Show, wire: Wire): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let due = false;
    const refresh = (): void => {
      due = false;
      wire.refresh();
      timer = setTimeout(() => {
        timer = null;
        if (due) refresh();
      }, EVERY_MS);
    };
    const stop = effect(() => {
      void show.run.value;
      void show.revision.value;
      void show.playhead.at.value;
      due = true;
      if (timer === null) queueMicrotask(() => due && timer === null && refresh());
    });
    return () => {
      stop();
      due = false;
      if (timer !== null) clearTimeout(timer);
    };
  }, [show, wire]);
}
