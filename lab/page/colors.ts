/** Reads colors from the style sheets for canvases, which know neither CSS classes nor variables. */

/**
 * Calls `changed` whenever colors or sizes may have changed: another theme, projector mode, the system's color scheme
 * or forced colors. Returns a function that stops it.
 */
export function watchTheme(changed: () => void): () => void {
  const attributes = new MutationObserver(changed);
  attributes.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "data-projector"],
  });
  const queries = [forcedColors(), matchMedia("(prefers-color-scheme: dark)")];
  for (const query of queries) query.addEventListener("change", changed);
  return () => {
    attributes.disconnect();
    for (const query of queries) query.removeEventListener("change", changed);
  };
}

/** Returns whether the system allows only its own few colors. */
export function hasForcedColors(): boolean {
  return forcedColors().matches;
}

function forcedColors(): MediaQueryList {
  return matchMedia("(forced-colors: active)");
}

/** Returns the computed color of an element with these classes or this CSS color, at `place`. */
export function colorAt(place: HTMLElement, by: { readonly classes?: string; readonly color?: string }): string {
  const probe = document.createElement("span");
  probe.className = by.classes ?? "";
  // With forced colors, every probe would otherwise have the system's one text color.
  if (by.color !== undefined) probe.style.setProperty("forced-color-adjust", "none");
  probe.style.color = by.color ?? "";
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Converts a transport's dash pattern (`TransportStyle`) into the form that `setLineDash` takes. */
export function dashesOf(pattern: string): number[] {
  return pattern === "" ? [] : pattern.split(" ").map(Number);
}
