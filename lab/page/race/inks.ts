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
const forced = matchMedia("(forced-colors: active)");
for (const query of [forced, matchMedia("(prefers-color-scheme: dark)")]) query.addEventListener("change", again);

/** Where the system allows its own few colours only. Lanes can be told by their dashes, and faults by their crosses. */
const SYSTEM: Readonly<Record<keyof Inks, string>> = {
  tone: "CanvasText",
  ink: "CanvasText",
  soft: "CanvasText",
  hair: "GrayText",
  bad: "LinkText",
  ground: "Canvas",
};

/** The colours at this place of the page, as they are now. */
export function inksAt(place: HTMLElement): Inks {
  const probe = document.createElement("span");
  // Else each of them would be the system's one colour of text.
  probe.style.setProperty("forced-color-adjust", "none");
  place.append(probe);
  const read = (ink: keyof Inks, name: string = ink): string => {
    probe.style.color = forced.matches ? SYSTEM[ink] : `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const inks: Inks = {
    tone: read("tone"),
    ink: read("ink"),
    soft: read("soft"),
    hair: read("hair", "line"),
    bad: read("bad"),
    ground: read("ground", "card"),
  };
  probe.remove();
  return inks;
}

/** The width of a stroke at this place. */
export function weightAt(place: HTMLElement): number {
  return Number(getComputedStyle(place).getPropertyValue("--stroke")) || 1.5;
}
