/** The parts of the laboratory, in the order in which they are offered. `path` is relative to where the server is. */
export const PARTS = [
  { name: "race", path: "lab", title: "Race" },
  { name: "wire", path: "lab/wire", title: "Wire" },
  { name: "bench", path: "lab/bench", title: "Bench" },
  { name: "replay", path: "lab/replay", title: "Replay" },
] as const;

export type PartName = (typeof PARTS)[number]["name"];

/** The address of the server, from that of a part: a proxy may serve it all under a path of its own. */
export function serverOf(href: string): URL {
  const { origin, pathname } = new URL(href);
  const names = PARTS.map(({ path }) => path).join("|");
  return new URL(new RegExp(`^(/(?:.*/)?)(?:${names})/*$`).exec(pathname)?.[1] ?? "/", origin);
}

/** Which part an address opens: the race where it names none. */
export function partOf(href: string): PartName {
  const path = new URL(href).pathname.replace(/\/+$/, "");
  return PARTS.find((part) => path.endsWith(`/${part.path}`))?.name ?? "race";
}

/** The address of a part. */
export function hrefOf(name: PartName, server: URL): string {
  return new URL(PARTS.find((part) => part.name === name)?.path ?? "lab", server).href;
}

export function titleOf(name: PartName): string {
  return `${PARTS.find((part) => part.name === name)?.title ?? ""} · Skyrocket laboratory`;
}
