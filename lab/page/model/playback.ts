/**
 * A run and the playhead on it: everything that the lanes, meters and the wire view are drawn from. A run is live (see
 * recorder.ts) or replayed from a file.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../../src/clock.ts";
import type { Order } from "../../engine/control.ts";
import type { Run } from "../../engine/run.ts";
import { RunIndex } from "./run-index.ts";

export interface Playback {
  /** Another object when another run begins. Its `entries` grow in place, each time followed by a new `revision`. */
  readonly run: ReadonlySignal<Run>;
  /** Increases when the run has changed, at most once per frame. */
  readonly revision: ReadonlySignal<number>;
  /** Number of entries that were dropped to save memory. */
  readonly dropped: ReadonlySignal<number>;
  /** The entries, indexed by time, lane and message. */
  readonly runIndex: ReadonlySignal<RunIndex>;
  readonly playhead: Playhead;
}

/** Props of a part of the laboratory. It renders its own `<main>`. */
export interface ViewProps {
  readonly playback: Playback;
  /** Sends an order to the visitor's proxies; null in a replay, which has none. */
  readonly order: ((order: Order) => void) | null;
}

/** Returns the playback of a finished run, paused at its start. The caller advances the playhead. */
export function createReplay(file: Run): Playback {
  // A file may come from anywhere: order its entries by their times.
  const run: Run = { ...file, entries: file.entries.toSorted((one, other) => one.at - other.at) };
  const runIndex = new RunIndex();
  for (const entry of run.entries) runIndex.take(entry);
  const first = run.entries[0]?.at ?? 0;
  const last = run.entries.at(-1)?.at ?? first;
  return {
    run: signal(run),
    runIndex: signal(runIndex),
    revision: signal(1),
    dropped: signal(0),
    playhead: createPlayhead({ start: () => first, end: () => last, growing: false }),
  };
}

/** How the playhead moves. */
type PlayheadMode =
  /** Stays at the end of a run that grows. */
  | "live"
  /** Moves through the run at `speed`. */
  | "playing"
  | "paused";

/** The bounds of a run. They are read each time: a live run grows. */
interface Track {
  /** The oldest time there is, ms. */
  start(): number;
  /** The newest. */
  end(): number;
  readonly growing: boolean;
}

/** The time of a run that is shown. All views of a run follow one playhead. */
interface Playhead extends Track {
  /** ms since the run began: the right edge of what is drawn. */
  readonly at: ReadonlySignal<number>;
  readonly mode: ReadonlySignal<PlayheadMode>;
  /** Run time per real time while playing: 1 is real time, 0.1 a tenth of it. */
  readonly speed: ReadonlySignal<number>;
  pause(): void;
  /** Plays from the current time; at the end of a finished run, from its start. */
  play(): void;
  /** Goes to the end, and stays there if the run grows. */
  follow(): void;
  /** Pauses at this time. */
  scrub(at: number): void;
  /** Plays from this time. Follows the end of a growing run until it has reached this time. */
  playFrom(at: number): void;
  setSpeed(speed: number): void;
  /** Advances by real time, ms. The drawing loop calls it once per frame. */
  advance(elapsedMs: number): void;
}

/** Returns a playhead: at the end of a growing run, at the start of a finished one. */
export function createPlayhead(track: Track): Playhead {
  const at = signal(track.growing ? track.end() : track.start());
  const mode = signal<PlayheadMode>(track.growing ? "live" : "paused");
  const speed = signal(1);
  /** The time to play from once the run has reached it. */
  let awaited: number | null = null;

  const place = (wanted: number): void => {
    at.value = Math.min(Math.max(wanted, track.start()), track.end());
  };
  const go = (next: PlayheadMode): void => {
    mode.value = next;
    awaited = null;
  };

  return {
    ...track,
    at,
    mode,
    speed,
    pause() {
      go("paused");
    },
    play() {
      if (track.growing && speed.value >= 1 && at.value >= track.end()) {
        go("live");
        return;
      }
      if (!track.growing && at.value >= track.end()) place(track.start());
      go("playing");
    },
    follow() {
      go(track.growing ? "live" : "paused");
      place(track.end());
    },
    scrub(wanted) {
      go("paused");
      place(wanted);
    },
    playFrom(wanted) {
      place(wanted);
      const later = track.growing && wanted > track.end();
      go(later ? "live" : "playing");
      if (later) awaited = wanted;
    },
    setSpeed(next) {
      speed.value = next;
      // Slow motion can't stay at the end of a run that grows.
      if (mode.value === "live" && next < 1) mode.value = "playing";
    },
    advance(elapsedMs) {
      switch (mode.value) {
        case "live":
          place(track.end());
          if (awaited === null || track.end() < awaited) return;
          place(awaited);
          go("playing");
          return;
        case "playing":
          place(at.value + elapsedMs * speed.value);
          // A finished run ends here; a growing one has been caught up with.
          if (at.value >= track.end()) mode.value = track.growing ? (speed.value >= 1 ? "live" : "playing") : "paused";
          return;
        case "paused":
          // The start moves when old entries are dropped.
          if (at.value < track.start()) place(track.start());
      }
    },
  };
}

/** Numbers that change more often can't be read. */
const THROTTLE_MS = 250;

/** The playhead's time for text: updated a few times per second while it moves, exact when it is paused. */
export interface ThrottledTime {
  readonly at: ReadonlySignal<number>;
  close(): void;
}

export function createThrottledTime(
  { playhead, revision }: Playback,
  clock: Pick<Clock, "monotonicNow">,
): ThrottledTime {
  const at = signal(playhead.at.peek());
  let last = Number.NEGATIVE_INFINITY;
  const close = effect(() => {
    const wanted = playhead.at.value;
    void revision.value;
    if (playhead.mode.value !== "paused" && clock.monotonicNow() - last < THROTTLE_MS) return;
    last = clock.monotonicNow();
    at.value = wanted;
  });
  return { at, close };
}
