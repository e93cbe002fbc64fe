import type { FastifyInstance } from "fastify";
import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** A file descriptor. */
const STANDARD_OUTPUT = 1;
/** Buffer for lines that can't be written yet, in bytes. */
const MOST_UNWRITTEN = 1_048_576;

/**
 * Creates a logger that writes one JSON object per line. Requests are logged by method and path only: the query can
 * contain a session and the body a message. Stacks are not logged, because they name files of the machine.
 *
 * Fastify gets no logger. With one it allocates objects and listeners for every request, and a held poll keeps them.
 *
 * Lines are written synchronously: pino's exit flush retries forever on a closed pipe and keeps the process alive.
 */
export function createLogger(level: string): Logger {
  const output = destination({ dest: STANDARD_OUTPUT, sync: true, maxLength: MOST_UNWRITTEN });
  // With a full disk or a closed terminal, lines are lost and the server continues.
  output.on("error", () => undefined);
  return pino({ level, base: null }, output);
}

/** Returns the fields of an error that may be logged. */
export function describeError(error: unknown): { error: string; code?: unknown; message: string } {
  if (!(error instanceof Error)) return { error: typeof error, message: String(error) };
  const { name, message } = error;
  return "code" in error ? { error: name, code: error.code, message } : { error: name, message };
}

const MAX_LINES_PER_MINUTE = 20;
const MINUTE_MS = 60_000;
const MAX_CHARACTERS = 200;

/**
 * Bounds what one cause can write to the log. It writes each distinct line once a minute, at most 20 lines a minute in
 * all, and then the number of lines that it dropped.
 */
export class BoundedLog {
  readonly #log: Pick<Logger, "warn" | "error">;
  readonly #monotonicNow: () => number;
  readonly #logged = new Set<string>();
  #dropped = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** `monotonicNow` returns monotonic ms. */
  constructor(log: Pick<Logger, "warn" | "error">, monotonicNow: () => number) {
    this.#log = log;
    this.#monotonicNow = monotonicNow;
  }

  warn(fields: object, message: string): void {
    if (this.#admits(fields, message)) this.#log.warn(fields, message);
  }

  error(fields: object, message: string): void {
    if (this.#admits(fields, message)) this.#log.error(fields, message);
  }

  #admits(fields: object, message: string): boolean {
    const now = this.#monotonicNow();
    if (now - this.#since >= MINUTE_MS) {
      if (this.#dropped > 0) this.#log.warn({ times: this.#dropped }, "dropped log lines");
      this.#logged.clear();
      this.#dropped = 0;
      this.#since = now;
    }
    const line = [message, ...Object.values(fields).map(String)].join(" ");
    if (this.#logged.has(line) || this.#logged.size >= MAX_LINES_PER_MINUTE) {
      this.#dropped += 1;
      return false;
    }
    this.#logged.add(line);
    return true;
  }
}

/** Returns untrusted text made safe to log: printable ASCII of limited length. */
export function printable(text: string): string {
  const safe = text.slice(0, MAX_CHARACTERS).replaceAll(/[^\x20-\x7e]/g, "?");
  return text.length > MAX_CHARACTERS ? `${safe}…` : safe;
}

/** Logs each answered request at `debug`. At higher levels no hook is added, so it costs nothing. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  if (!log.isLevelEnabled("debug")) return;
  app.addHook("onResponse", (request, reply, done) => {
    const path = request.url.split("?", 1)[0];
    log.debug(
      { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "answered",
    );
    done();
  });
}
