import type { FastifyInstance } from "fastify";
import type { Hub } from "../../chat/ports.ts";
import type { ServerTransport } from "../contract.server.ts";
import { withAdmission } from "../shared/server/admission.ts";
import { type PollFrame, PollOutlet } from "../shared/server/poll-outlet.ts";
import { frame } from "./wire.ts";

/** Traditional HTTP: asked, the server answers at once with what there is. */
export const shortPolling: ServerTransport<PollFrame> = {
  name: "short-polling",
  title: "HTTP polling",
  duplex: false,
  streaming: false,
  /** It reads every 2 s at best, and a throttled background page once a minute. */
  lingerMs: 90_000,
  frame,

  mount(app: FastifyInstance, hub: Hub): void {
    const answer = withAdmission(hub, shortPolling.name, (admission, request, reply) => {
      reply.hijack();
      const reader = hub.attach(admission, shortPolling, new PollOutlet(reply.raw, request.crossOrigin), 0);
      reply.raw.on("close", () => reader.detach());
    });
    app.get("/transports/short-polling", answer);
  },
};
