/** Records a live run: what the proxies report and what the lanes' clients do and receive. */
import { batch, signal } from "@preact/signals";
import { fromBase64, latin1 } from "../../engine/decoder/bytes.ts";
import type { ConnectionNumber } from "../../engine/proxy/contract.ts";
import type { Entry, LaneNumber, Run, RunLane } from "../../engine/run.ts";
import { createPlayhead, type Playback } from "./playback.ts";
import { RunIndex } from "./run-index.ts";

/** How much of a run is kept: some minutes of four busy lanes. */
interface Bounds {
  readonly entries: number;
  /** Of recorded bytes, in base64. */
  readonly characters: number;
}

const RUN_BOUNDS: Bounds = { entries: 120_000, characters: 24_000_000 };

/** Drawing stays this far behind the present, so that entries of that time have arrived. */
const LAG_MS = 80;

export interface Recorder extends Playback {
  /** Drops what was recorded and starts a new run with these lanes. */
  begin(startedAt: number, seed: number, lanes: readonly RunLane[]): void;
  add(entry: Entry): void;
  addAll(entries: readonly Entry[]): void;
  /** Called once per frame: drops entries over the bounds, announces changes, moves the playhead. */
  tick(elapsedMs: number): void;
  /** Returns the run so far, to be saved. */
  snapshot(): Run;
}

/** `now`: ms since the run began. */
export function createRecorder(now: () => number, bounds: Bounds = RUN_BOUNDS): Recorder {
  let entries: Entry[] = [];
  let characters = 0;
  let changed = false;
  let began = 0;
  /** The highest connection number on each lane, now and when this run began. */
  const newest = new Map<LaneNumber, ConnectionNumber>();
  let older: ReadonlyMap<LaneNumber, ConnectionNumber> = new Map();
  /** Older connections that carry requests of this run: a browser keeps them open for its next request. */
  const reused = new Set<string>();
  const run = signal<Run>(emptyRun(0, 0, [], entries));
  const runIndex = signal(new RunIndex());
  const revision = signal(0);
  const dropped = signal(0);
  const playhead = createPlayhead({
    start: () => (dropped.peek() === 0 ? began : (entries[0]?.at ?? began)),
    end: () => Math.max(began, now() - LAG_MS),
    growing: true,
  });

  /** Returns whether the entry is about a connection of an earlier run, and not about a request of this one. */
  function isOlder(entry: Entry): boolean {
    if (!("connection" in entry) || entry.connection === null) return false;
    const { lane, connection, at } = entry;
    if (entry.kind === "opened") newest.set(lane, connection);
    const name = `${lane} ${connection}`;
    if (connection > (older.get(lane) ?? -1) || reused.has(name)) return false;
    if (!beginsRequest(entry)) return true;
    reused.add(name);
    take({ kind: "opened", lane, connection, at });
    return false;
  }

  function add(entry: Entry): void {
    if (!isOlder(entry)) take(entry);
  }

  function take(entry: Entry): void {
    entries.push(entry);
    if (entry.kind === "bytes") characters += entry.base64.length;
    runIndex.peek().take(entry);
    changed = true;
  }

  function drop(): void {
    if (entries.length <= bounds.entries && characters <= bounds.characters) return;
    const gone = entries.splice(0, Math.ceil(entries.length / 8));
    for (const entry of gone) if (entry.kind === "bytes") characters -= entry.base64.length;
    dropped.value += gone.length;
    runIndex.peek().forget(entries[0]?.at ?? began);
  }

  return {
    run,
    runIndex,
    revision,
    dropped,
    playhead,
    begin(startedAt, seed, lanes) {
      entries = [];
      characters = 0;
      began = now();
      older = new Map(newest);
      reused.clear();
      batch(() => {
        run.value = emptyRun(startedAt, seed, lanes, entries);
        runIndex.value = new RunIndex();
        dropped.value = 0;
        revision.value += 1;
      });
      playhead.follow();
    },
    add,
    addAll(list) {
      for (const entry of list) add(entry);
    },
    tick(elapsedMs) {
      batch(() => {
        drop();
        if (changed) revision.value += 1;
        changed = false;
        playhead.advance(elapsedMs);
      });
    },
    snapshot() {
      const { startedAt, ...rest } = run.value;
      // The offset of the proxies' clock is known only to about a millisecond: the first entries may lie before the start.
      const shifted = entries.map((entry) => ({ ...entry, at: Math.max(0, entry.at - began) }));
      return { ...rest, startedAt: startedAt + began, entries: shifted.sort((one, other) => one.at - other.at) };
    },
  };
}

/** Characters of base64 that hold a method and more. */
const START_CHARACTERS = 24;

/** Returns whether these bytes start with an HTTP request, unlike the rest of one or a WebSocket frame. */
function beginsRequest(entry: Entry): boolean {
  if (entry.kind !== "bytes" || entry.direction !== "up") return false;
  return /^[A-Z]+ \//.test(latin1(fromBase64(entry.base64.slice(0, START_CHARACTERS))));
}

function emptyRun(startedAt: number, seed: number, lanes: readonly RunLane[], entries: readonly Entry[]): Run {
  return { format: "skyrocket-run", version: 1, title: "A run of the race", startedAt, seed, lanes, entries };
}
