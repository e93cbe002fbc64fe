import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Hub } from "../../chat/ports.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { LIMITS, TIMINGS } from "../../protocol/limits.ts";
import type { ServerTransport } from "../contract.server.ts";
import { queryOf, withAdmission } from "../shared/server/admission.ts";
import { type PollFrame, PollOutlet } from "../shared/server/poll-outlet.ts";
import { frame } from "./wire.ts";

/** HTTP polling in which the server delays its answer until there is an event, or until the hold ends. */
export const longPolling: ServerTransport<PollFrame> = {
  name: "long-polling",
  title: "Long polling",
  duplex: false,
  streaming: false,
  frame,

  mount(app: FastifyInstance, hub: Hub): void {
    const answer = withAdmission(hub, longPolling.name, (admission, request, reply) => {
      const holdMs = holdOf(request);
      reply.hijack();
      const reader = hub.attach(admission, longPolling, new PollOutlet(reply.raw, request.crossOrigin), holdMs);
      reply.raw.on("close", () => reader.detach());
    });
    app.get("/transports/long-polling", answer);
  },
};

/** Milliseconds the answer may wait; 0: not at all. */
function holdOf(request: FastifyRequest): number {
  const hold = queryOf(request, "hold");
  if (hold === undefined) return TIMINGS.longPollHoldMs;
  const ms = /^[0-9]{1,6}$/.test(hold) ? Number(hold) : Number.NaN;
  if (!(ms <= LIMITS.holdMs)) {
    throw new ProtocolError("malformed", {
      message: `\`hold\` must be a whole number of ms from 0 to ${LIMITS.holdMs}.`,
    });
  }
  return ms;
}
