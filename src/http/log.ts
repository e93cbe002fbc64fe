import type { FastifyInstance } from "fastify";
import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Its file descriptor. */
const STANDARD_OUTPUT = 1;

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
  return pino({ level, base: null }, destination({ dest: STANDARD_OUTPUT, sync: true }));
}

/** What may be logged of an error. */
export function describeError(error: unknown): { error: string; code?: unknown; message: string } {
  if (!(error instanceof Error)) return { error: typeof error, message: String(error) };
  const { name, message } = error;
  return "code" in error ? { error: name, code: error.code, message } : { error: name, message };
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
