/** The index of the first item whose `at` is `from` or later, in a list that is sorted by it. */
export function firstFrom(items: readonly { readonly at: number }[], from: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.at ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last item whose `at` is not after this, in a list that is sorted by it. */
export function lastUntil<Item extends { readonly at: number }>(items: readonly Item[], at: number): Item | undefined {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}

/** Puts an item where its `at` belongs. What arrives is nearly in order, so this looks from the end. */
export function insert<Item extends { readonly at: number }>(items: Item[], item: Item): void {
  let place = items.length;
  while (place > 0 && (items[place - 1]?.at ?? 0) > item.at) place -= 1;
  items.splice(place, 0, item);
}

/** Drops what is before `at`, in a list that is sorted by it, but for the last of it, which holds until then. */
export function forgetBefore(items: { readonly at: number }[], at: number): void {
  const first = firstFrom(items, at);
  if (first > 1) items.splice(0, first - 1);
}
