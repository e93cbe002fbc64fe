/** What is drawn of a list, and how much there was to draw. */
export interface Sample<Item> {
  readonly items: readonly Item[];
  readonly there: number;
}

/** No lane draws more than so many of a kind in one frame, however busy it is. */
export const MOST = 200;

/** The items from this index on whose `at` is not after `until`; of more than MOST every second, third …, the last among them. */
export function sampled<Item extends { readonly at: number }>(
  items: readonly Item[],
  first: number,
  until: number,
): Sample<Item> {
  let end = first;
  while (end < items.length && (items[end]?.at ?? 0) <= until) end += 1;
  const there = end - first;
  if (there <= MOST) return { items: items.slice(first, end), there };
  const step = Math.ceil(there / MOST);
  // Chosen by their place in the whole list, so that the same ones are drawn in the next frame.
  const chosen: Item[] = [];
  for (let index = first; index < end; index += 1) {
    const item = items[index];
    if (index % step === 0 && item !== undefined) chosen.push(item);
  }
  return { items: chosen, there };
}
