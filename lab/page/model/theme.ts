import { type ReadonlySignal, signal } from "@preact/signals";
import type { KeyValueStore } from "../../../public/model/storage.ts";

const KEY = "projector";

/** Larger type and stronger lines, for a room; the light theme as long as it is on. */
export interface Projector {
  readonly on: ReadonlySignal<boolean>;
  toggle(): void;
}

/** Remembered on `shelf`; `root` carries it as `data-projector`, which the styles know. */
export function createProjector(shelf: KeyValueStore, root: HTMLElement): Projector {
  const on = signal(shelf.get(KEY) === "on");
  const show = (): void => {
    if (on.value) root.dataset["projector"] = "";
    else delete root.dataset["projector"];
  };
  show();
  return {
    on,
    toggle() {
      on.value = !on.value;
      shelf.set(KEY, on.value ? "on" : null);
      show();
    },
  };
}
