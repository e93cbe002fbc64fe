/** The colour that CSS gives an element of this class, for what is drawn on a canvas, which knows no classes. */
export function inkOf(place: HTMLElement, tone: string): string {
  const probe = document.createElement("span");
  probe.className = `bench-ink ${tone}`;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Colours of one place, each asked for once until the page's theme or the system's is another. */
export interface Inks {
  of(tone: string): string;
  end(): void;
}

/** `changed` is called when the colours are others. */
export function inksOf(place: HTMLElement, changed: () => void): Inks {
  const known = new Map<string, string>();
  const renew = (): void => {
    known.clear();
    changed();
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const theme = new MutationObserver(renew);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-projector"] });
  system.addEventListener("change", renew);
  return {
    of: (tone) => {
      const ink = known.get(tone) ?? inkOf(place, tone);
      known.set(tone, ink);
      return ink;
    },
    end: () => {
      theme.disconnect();
      system.removeEventListener("change", renew);
    },
  };
}

/** Dashes of a transport's line as a canvas takes them. */
export function dashOf(dash: string): number[] {
  return dash === "" ? [] : dash.split(" ").map(Number);
}
