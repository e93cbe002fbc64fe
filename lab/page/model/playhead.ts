import { type ReadonlySignal, signal } from "@preact/signals";

/** How the eye moves along a run. */
export type PlayheadMode =
  /** At its end, as it grows. */
  | "live"
  /** Along it, at `rate`. */
  | "playing"
  | "paused";

/** Where in a run the eye stands. All pictures of a run follow the one playhead. */
export interface Playhead {
  /** ms since the run began: the right edge of what is drawn. */
  readonly at: ReadonlySignal<number>;
  readonly mode: ReadonlySignal<PlayheadMode>;
  /** Run time per real time while it plays: 1 is as it was, 0.1 a tenth as fast. */
  readonly rate: ReadonlySignal<number>;
  /** Whether the run grows. */
  readonly growing: boolean;
  /** The oldest moment there is. */
  start(): number;
  /** The newest. */
  end(): number;
  pause(): void;
  /** Goes on from where it stands; at the end of a run that does not grow, from its beginning. */
  play(): void;
  /** To the end of a run that grows. */
  follow(): void;
  /** Stands still at this time. */
  scrub(at: number): void;
  /** Plays on from this time; where the run has not come so far yet, as soon as it has. */
  playFrom(at: number): void;
  setRate(rate: number): void;
  /** Moves on by so much real time. Called once per frame by who draws. */
  advance(elapsedMs: number): void;
}

/** The bounds of a run, looked at anew each time. */
export interface Track {
  /** The oldest moment there is. */
  start(): number;
  /** The newest. */
  end(): number;
  readonly growing: boolean;
}

/** A playhead that begins at the end of a run that grows, else at the beginning of one that is over. */
export function createPlayhead(track: Track, rate = 1): Playhead {
  const at = signal(track.growing ? track.end() : track.start());
  const mode = signal<PlayheadMode>(track.growing ? "live" : "paused");
  const speed = signal(rate);
  /** Where to play from once the run has come there. */
  let awaited: number | null = null;

  const within = (wanted: number): number => Math.min(Math.max(wanted, track.start()), track.end());
  const place = (wanted: number): void => {
    at.value = within(wanted);
  };
  const go = (next: PlayheadMode): void => {
    mode.value = next;
    awaited = null;
  };

  return {
    at,
    mode,
    rate: speed,
    growing: track.growing,
    start: track.start,
    end: track.end,
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
    setRate(next) {
      speed.value = next;
      // At the end of a run that grows one can't be slow.
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
          // A run that is over ends here; one that grows is caught up with.
          if (at.value >= track.end()) mode.value = track.growing ? (speed.value >= 1 ? "live" : "playing") : "paused";
          return;
        case "paused":
          // What is dropped from the beginning can't be looked at any more.
          if (at.value < track.start()) place(track.start());
      }
    },
  };
}
