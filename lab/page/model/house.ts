import { type ReadonlySignal, signal } from "@preact/signals";
import type { Lab } from "./lab.ts";
import type { PartName } from "./route.ts";

/** Opens the laboratory when a part needs it, and closes it when it would be in the way. */
export interface House {
  readonly lab: ReadonlySignal<Lab | null>;
  visit(part: PartName): void;
  close(): void;
}

export function createHouse(open: () => Lab): House {
  const lab = signal<Lab | null>(null);

  function close(): void {
    lab.peek()?.close();
    lab.value = null;
  }

  return {
    lab,
    visit(part) {
      switch (part) {
        case "race":
        case "wire":
          if (lab.peek() === null) lab.value = open();
          return;
        case "bench":
          // Lanes that go on would be measured along with it.
          close();
          return;
        case "replay":
      }
    },
    close,
  };
}
