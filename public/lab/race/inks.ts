import { signal } from "@preact/signals";
import type { Inks } from "./brush.ts";

/** Counts up when colours or sizes may be others: a canvas does not follow style sheets by itself. */
export const looks = signal(0);

const again = (): void => {
  looks.value += 1;
};
new MutationObserver(again).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ["data-theme", "data-projector"],
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

/** The colours at this place of the page, as they are now. */
export function inksAt(place: HTMLElement): Inks {
  const probe = document.createElement("span");
  place.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const inks: Inks = {
    tone: read("tone"),
    ink: read("ink"),
    soft: read("soft"),
    hair: read("line"),
    bad: read("bad"),
    ground: read("card"),
  };
  probe.remove();
  return inks;
}

/** The width of a stroke at this place. */
export function weightAt(place: HTMLElement): number {
  return Number(getComputedStyle(place).getPropertyValue("--stroke")) || 1.5;
}
