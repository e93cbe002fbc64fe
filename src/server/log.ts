import type { FastifyInstance } from "fastify";
import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Its file descriptor. */
const STANDARD_OUTPUT = 1;
/** Bytes of lines that can't be written, kept until they can. */
const MOST_UNWRITTEN = 1_048_576;

/**
 * Structured logs, one JSON object a line. A request is a method and a path: the query can hold a session and the body a
 * message, so neither is ever given to the logger; nor is a stack, which names files of the machine.
 *
 * Fastify gets no logger: with one it makes objects and listeners for every request, and a held poll keeps them alive
 * (docs/performance.md says what that costs).
 *
 * A line is written when it is said. What pino keeps for later it writes as the process ends, again and again where
 * nobody reads it any more: such a process never ended.
 */
export function createLogger(level: string): Logger {
  const output = destination({ dest: STANDARD_OUTPUT, sync: true, maxLength: MOST_UNWRITTEN });
  // A full disk, a terminal that was closed: lines are lost then, which is no reason to end.
  output.on("error", () => undefined);
  return pino({ level, base: null }, output);
}

/** What may be logged of an error. */
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
  readonly #elapsed: () => number;
  readonly #logged = new Set<string>();
  #dropped = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** `elapsed` returns monotonic ms. */
  constructor(log: Pick<Logger, "warn" | "error">, elapsed: () => number) {
    this.#log = log;
    this.#elapsed = elapsed;
  }

  warn(fields: object, message: string): void {
    if (this.#admits(fields, message)) this.#log.warn(fields, message);
  }

  error(fields: object, message: string): void {
    if (this.#admits(fields, message)) this.#log.error(fields, message);
  }

  #admits(fields: object, message: string): boolean {
    const now = this.#elapsed();
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

/** What a stranger sent, safe to show: printable ASCII, and not long. */
export function printable(text: string): string {
  const safe = text.slice(0, MAX_CHARACTERS).replaceAll(/[^\x20-\x7e]/g, "?");
  return text.length > MAX_CHARACTERS ? `${safe}…` : safe;
}

/** One line per answered request, at `debug`; above that level the hook is not there and costs nothing. */
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
