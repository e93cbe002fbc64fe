import type { FastifyInstance } from "fastify";
import type { Hub } from "../../chat/ports.ts";
import type { ServerTransport } from "../contract.server.ts";
import { withAdmission } from "../shared/server/admission.ts";
import { type PollFrame, PollOutlet } from "../shared/server/poll-outlet.ts";
import { frame } from "./wire.ts";

/** Traditional HTTP: the server answers each request at once, with the events it has. */
export const shortPolling: ServerTransport<PollFrame> = {
  name: "short-polling",
  title: "HTTP polling",
  duplex: false,
  streaming: false,
  /** Longer than usual: clients poll every 2 s, but browsers throttle a background page to once a minute. */
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
