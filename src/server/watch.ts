import type { FastifyInstance } from "fastify";
import type { ChatHub } from "../chat/hub.ts";
import type { Clock } from "../clock.ts";
import { listenForMetrics, type MetricsListener, type MetricsPlace, metricsRoute } from "./exposure.ts";
import { addGauges } from "./gauges.ts";
import type { Listeners } from "./listeners.ts";
import type { Logger } from "./log.ts";
import { LoopDelay } from "./loop-delay.ts";
import type { Metrics } from "./metrics.ts";
import { type Readiness, readinessOf } from "./readiness.ts";

export interface Watch {
  readonly app: FastifyInstance;
  readonly listeners: Listeners;
  readonly hub: ChatHub;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly transports: readonly string[];
  readonly place: MetricsPlace;
  readonly log: Logger;
}

/** What is known of a running server. */
export interface Watched {
  readonly readiness: () => Promise<Readiness>;
  /** Listens for metrics, where they have a port of their own; the answer is that port. Rejects with MetricsError. */
  listen(): Promise<number | null>;
}

/** Watches over a server until it is closed: how it is, and where that is told. Call it before the server listens. */
export function watchOver({ app, listeners, hub, clock, metrics, transports, place, log }: Watch): Watched {
  const loop = new LoopDelay(clock, metrics.looped);
  const sockets = () => listeners.connections();
  const readiness = () =>
    readinessOf(hub, async () => {
      if (loop.tooLate) return "The server is too busy: its event loop is late by more than half a second.";
      const { connections } = hub.settings;
      return connections !== null && (await sockets()) >= connections ? "The server has its most connections." : null;
    });
  addGauges(metrics.registry, { hub, transports, sockets, readiness });
  if (place === "loopback") metricsRoute(app, metrics);
  let own: MetricsListener | null = null;
  app.addHook("onClose", async () => {
    loop.stop();
    own?.close();
  });
  return {
    readiness,
    async listen() {
      if (typeof place === "string") return null;
      own = await listenForMetrics(metrics, place, log);
      return own.port;
    },
  };
}
