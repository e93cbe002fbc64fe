import { useSignalEffect } from "@preact/signals";
import type { Desk } from "../model/desk.ts";
import type { Lab } from "../model/lab.ts";
import { queryOf } from "../model/link.ts";

/** Browsers take no more than some hundred changes of the address a minute. */
const SETTLED_MS = 300;

/** Keeps in the address what is set on the page, so that it can be linked to. */
export function useAddress(lab: Lab, desk: Desk): void {
  useSignalEffect(() => {
    const query = queryOf({
      weather: lab.sky.preset.value,
      seed: lab.sky.seed.value,
      lanes: lab.lanes.value,
      speaker: lab.speaker.value,
      spanMs: desk.spanMs.value,
      hidden: desk.hidden.value,
      perSecond: desk.perSecond.value,
    });
    const timer = setTimeout(() => {
      history.replaceState(history.state, "", query === "" ? location.pathname : `?${query}`);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  });
}
