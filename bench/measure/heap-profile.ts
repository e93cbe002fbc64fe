import { readFileSync } from "node:fs";
import { type HotSpot, nameOf, newestProfile, type ProfiledFrame } from "./profile.ts";

interface HeapNode {
  readonly callFrame: ProfiledFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/**
 * Which functions allocated what a `--heap-prof` saw still alive when the server ended, by share of bytes, most first.
 * Reads the newest profile in `folder`; throws when there is none.
 */
export function heapHotSpots(folder: string, most: number): HotSpot[] {
  const file = newestProfile(folder, ".heapprofile");
  const profile: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isHeapProfile(profile)) throw new Error(`${file} is no heap profile`);
  const own = new Map<string, number>();
  const nodes = [profile.head];
  // Grows while it is walked.
  for (const { callFrame, selfSize, children } of nodes) {
    const name = nameOf(callFrame);
    own.set(name, (own.get(name) ?? 0) + selfSize);
    nodes.push(...children);
  }
  const total = [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, bytes]) => ({ name, share: bytes / total }));
}

function isHeapProfile(value: unknown): value is { readonly head: HeapNode } {
  return typeof value === "object" && value !== null && "head" in value;
}
