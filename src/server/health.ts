import type { FastifyInstance } from "fastify";
import { ERRORS } from "../protocol/errors.ts";
import { PLAIN_HEADERS } from "./failures.ts";
import type { Readiness } from "./readiness.ts";

/**
 * `/healthz`: the process answers. `/readyz`: it takes new readers and what they say; else 503, with the reason, while
 * those who are there go on.
 */
export function healthRoutes(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  app.get("/healthz", { exposeHeadRoute: true }, (_request, reply) =>
    reply.headers(PLAIN_HEADERS).send({ status: "ok" }),
  );
  app.get("/readyz", { exposeHeadRoute: true }, async (_request, reply) => {
    const answer = await readiness();
    const code = answer.status === "ready" ? 200 : ERRORS.overloaded.status;
    return reply.headers(PLAIN_HEADERS).code(code).send(answer);
  });
}
