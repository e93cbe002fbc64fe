/** The parts of the laboratory, in the order in which they are offered. */
export const PARTS = [
  { name: "race", path: "/lab", title: "Race" },
  { name: "wire", path: "/lab/wire", title: "Wire" },
  { name: "bench", path: "/lab/bench", title: "Bench" },
  { name: "replay", path: "/lab/replay", title: "Replay" },
] as const;

export type PartName = (typeof PARTS)[number]["name"];

/** Which part an address opens: the race where it names none. */
export function partOf(href: string): PartName {
  const path = new URL(href).pathname.replace(/\/+$/, "");
  return PARTS.find((part) => part.path === path)?.name ?? "race";
}

export function titleOf(name: PartName): string {
  return `${PARTS.find((part) => part.name === name)?.title ?? ""} · Skyrocket laboratory`;
}
