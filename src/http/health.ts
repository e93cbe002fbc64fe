import type { FastifyInstance } from "fastify";
import { ERRORS } from "../protocol/errors.ts";
import { PLAIN_HEADERS } from "./failures.ts";

/** `/healthz`: the process answers. `/readyz`: it takes new readers; 503 while it drains. */
export function healthRoutes(app: FastifyInstance, hub: { readonly draining: boolean }): void {
  app.get("/healthz", (_request, reply) => reply.headers(PLAIN_HEADERS).send({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    reply.headers(PLAIN_HEADERS);
    return hub.draining
      ? reply.code(ERRORS.draining.status).send({ status: "draining" })
      : reply.send({ status: "ready" });
  });
}
