import type { FastifyInstance, FastifyServerOptions } from "fastify";

/**
 * Structured logs. A request is a method and a path: the query can hold a session and the body a message, so neither is
 * ever given to the logger.
 */
export function loggerOptions(level: string): NonNullable<FastifyServerOptions["logger"]> {
  return {
    level,
    base: null,
    serializers: {
      req: ({ method, url }) => ({ method, path: url.split("?", 1)[0] }),
      res: ({ statusCode }) => ({ status: statusCode }),
      // No stack: it names files of the machine, and the error's name and message say what happened.
      err: (error: Error) => ({ type: error.name, message: error.message, stack: "" }),
    },
  };
}

/** One line per answered request, at `debug`; below that level the hook is not there and costs nothing. */
export function logRequests(app: FastifyInstance, level: string): void {
  if (level !== "debug" && level !== "trace") return;
  app.addHook("onResponse", (request, reply, done) => {
    request.log.debug({ req: request, res: reply, ms: Math.round(reply.elapsedTime) }, "answered");
    done();
  });
}
