/** The clock and the timers of the laboratory, injected so that tests can own them. */
export interface LabWorld {
  /** ms since 1970. */
  now(): number;
  /** ms, monotonic. */
  elapsed(): number;
  /** Runs `task` once after `ms`; the answer takes it back. */
  later(ms: number, task: () => void): () => void;
  /** Runs `task` every `ms` until the answer is called. */
  every(ms: number, task: () => void): () => void;
  /** Takes an error that nobody waits for. */
  report(error: unknown): void;
}
