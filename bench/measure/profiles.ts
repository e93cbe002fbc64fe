/** Profiles of the servers, of their CPU or their heap: how they are written, and which functions stand out. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RESULTS_FOLDER, type Results } from "../results.ts";

const HOT_SPOTS = 25;
const WHAT = {
  cpu: "own time of functions during the windows, without idle time",
  heap: "bytes still live at the end, by allocating function",
};

/** Returns the folder of a row's profiles. */
function profileFolder(row: string): string {
  return `${RESULTS_FOLDER}profiles/${row}`;
}

/** Returns the options with which Node writes a profile into the row's folder when the server ends. */
export function profileArguments(row: string, profile: "cpu" | "heap" | null): readonly string[] {
  return profile === null ? [] : [`--${profile}-prof`, `--${profile}-prof-dir=${profileFolder(row)}`];
}

/**
 * Returns the `HOT_SPOTS` functions with the largest share in the newest profile of each row, as text: of the CPU during
 * its windows, or of the heap at the server's end.
 */
export function explainProfiles({ rows, samples }: Results, profile: "cpu" | "heap"): string {
  return rows
    .filter(({ name }) => samples.some(({ row }) => row === name))
    .map(({ name, title }) => {
      const spans = samples.filter((sample) => sample.row === name).map(({ span }) => span);
      const folder = profileFolder(name);
      const spots = profile === "cpu" ? hotSpots(folder, spans, HOT_SPOTS) : heapHotSpots(folder, HOT_SPOTS);
      const lines = spots.map((spot) => `  ${(spot.share * 100).toFixed(1).padStart(5)} %  ${spot.name}`);
      return `${title}: ${WHAT[profile]}\n${lines.join("\n")}`;
    })
    .join("\n\n");
}

/** A function and its own share of the busy time, or of the allocated bytes. */
interface HotSpot {
  readonly name: string;
  readonly share: number;
}

/** Start and end, in microseconds of CLOCK_MONOTONIC. */
export type Span = readonly [number, number];

/** A function as a profile names it; lines count from 0. */
interface ProfiledFrame {
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
 * Returns the functions with most time in a `--cpu-prof` within the spans, without start and warm-up. Reads the newest
 * profile in `folder`; throws if there is none.
 */
export function hotSpots(folder: string, spans: readonly Span[], most: number): HotSpot[] {
  const file = newestProfile(folder, ".cpuprofile");
  const profile: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isProfile(profile)) throw new Error(`${file} is not a CPU profile`);
  const own = ownTimes(profile, spans);
  own.delete("(idle)");
  const total = [...own.values()].reduce((sum, time) => sum + time, 0);
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, time]) => ({ name, share: time / total }));
}

/** Returns the path of the newest profile in `folder`: Node's names sort by date and time. Throws if there is none. */
function newestProfile(folder: string, ending: ".cpuprofile" | ".heapprofile"): string {
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

/** Returns a name like "append log.ts:41". */
function nameOf({ functionName, url, lineNumber }: ProfiledFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${basename(url)}:${lineNumber + 1}`;
}

function isProfile(value: unknown): value is Profile {
  return typeof value === "object" && value !== null && "nodes" in value && "samples" in value && "timeDeltas" in value;
}

interface HeapNode {
  readonly callFrame: ProfiledFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/**
 * Returns the functions that allocated most of what was alive at the server's end, from a `--heap-prof`. Reads the newest
 * profile in `folder`; throws if there is none.
 */
export function heapHotSpots(folder: string, most: number): HotSpot[] {
  const file = newestProfile(folder, ".heapprofile");
  const profile: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isHeapProfile(profile)) throw new Error(`${file} is not a heap profile`);
  const own = new Map<string, number>();
  const nodes = [profile.head];
  // The array grows during the loop.
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
