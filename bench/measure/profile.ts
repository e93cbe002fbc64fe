import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** One function and its own share of the time in which the process was not idle. */
export interface HotSpot {
  readonly name: string;
  readonly share: number;
}

/** Begin and end, in microseconds of CLOCK_MONOTONIC. */
export type Span = readonly [number, number];

/** A function as profiles name it; lines count from 0. */
export interface ProfiledFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: ProfiledFrame;
}

interface Profile {
  readonly startTime: number;
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/**
 * Where the time of a `--cpu-prof` went within the given spans (microseconds), most first: start and warm-up are no part
 * of it. Reads the newest profile in `folder`; throws when there is none.
 */
export function hotSpots(folder: string, spans: readonly Span[], most: number): HotSpot[] {
  const file = newestProfile(folder, ".cpuprofile");
  const profile: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isProfile(profile)) throw new Error(`${file} is no CPU profile`);
  const own = ownTimes(profile, spans);
  own.delete("(idle)");
  const total = [...own.values()].reduce((sum, time) => sum + time, 0);
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, time]) => ({ name, share: time / total }));
}

/** The path of the newest profile in `folder`: Node puts date and time first in the name. Throws when there is none. */
export function newestProfile(folder: string, ending: ".cpuprofile" | ".heapprofile"): string {
  const file = readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .at(-1);
  if (file === undefined) throw new Error(`there is no profile (*${ending}) in ${folder}`);
  return join(folder, file);
}

function ownTimes({ nodes, samples, timeDeltas, startTime }: Profile, spans: readonly Span[]): Map<string, number> {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const own = new Map<string, number>();
  let at = startTime;
  samples.forEach((id, index) => {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    if (!spans.some(([begin, end]) => at >= begin && at <= end)) return;
    const name = names.get(id) ?? "(unknown)";
    own.set(name, (own.get(name) ?? 0) + delta);
  });
  return own;
}

/** "append log.ts:41" */
export function nameOf({ functionName, url, lineNumber }: ProfiledFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${basename(url)}:${lineNumber + 1}`;
}

function isProfile(value: unknown): value is Profile {
  return typeof value === "object" && value !== null && "nodes" in value && "samples" in value && "timeDeltas" in value;
}
