/** Frames of the page, as far as its pictures move. */
export interface Frames {
  request(task: (now: number) => void): number;
  cancel(handle: number): void;
}

/** Thirty pictures a second: what is drawn more often is taken from the clients that are being measured. */
const FRAME_MS = 30;
/** Who asked for stillness gets a picture this often. */
const STEP_MS = 500;

/**
 * Calls `task` about thirty times a second, in a frame, with the ms since the last call, until the answer is called. `still`: in steps instead,
 * for those who have asked for reduced motion.
 */
export function tick(frames: Frames, still: () => boolean, task: (elapsedMs: number) => void): () => void {
  let last: number | null = null;
  let handle = frames.request(frame);
  function frame(now: number): void {
    handle = frames.request(frame);
    if (last !== null && now - last < (still() ? STEP_MS : FRAME_MS)) return;
    const elapsed = last === null ? 0 : now - last;
    last = now;
    task(elapsed);
  }
  return () => frames.cancel(handle);
}
