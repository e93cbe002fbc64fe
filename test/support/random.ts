export { seeded } from "../../lab/engine/proxy/random.ts";

/** Returns one of `items` at random. */
export function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick from");
  return item;
}
