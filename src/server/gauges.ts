import { Counter, Gauge, type Registry } from "prom-client";
import type { ChatHub } from "../chat/hub.ts";
import { type Readiness, UNREADY } from "./readiness.ts";

/** What is asked when somebody looks, and costs nothing until then. */
export interface Watched {
  readonly hub: ChatHub;
  readonly transports: readonly string[];
  /** TCP connections at the moment. */
  readonly sockets: () => Promise<number>;
  readonly readiness: () => Promise<Readiness>;
}

/** Adds the metrics that are read off at each scrape. */
export function addGauges(registry: Registry, { hub, transports, sockets, readiness }: Watched): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  };
  const byTransport = (name: string, help: string, field: "attached" | "behind"): void => {
    new Gauge({
      name,
      help,
      labelNames: ["transport"],
      registers,
      collect() {
        const counts = hub.byTransport;
        for (const transport of transports) this.set({ transport }, counts.get(transport)?.[field] ?? 0);
      },
    });
  };
  byTransport(
    "skyrocket_connections",
    "Readers that are attached, those told bye and not yet gone included.",
    "attached",
  );
  byTransport(
    "skyrocket_readers_behind",
    "Readers that are not at the head: they catch up, or can't be written to.",
    "behind",
  );
  gauge("skyrocket_sockets", "TCP connections, those between two requests included.", sockets);
  gauge("skyrocket_sessions", "Sessions held in memory.", () => hub.counts.sessions);
  gauge("skyrocket_rooms", "Rooms that are open.", () => hub.counts.rooms);
  gauge("skyrocket_timers", "Pending timers.", () => hub.counts.timers);
  gauge("skyrocket_log_bytes", "Bytes of the events of all rooms, in memory or in the file.", () => hub.logBytes);
  gauge("skyrocket_draining", "1 while the server drains.", () => (hub.draining ? 1 : 0));
  new Gauge({
    name: "skyrocket_unready",
    help: "1 for the reason for which /readyz answers 503.",
    labelNames: ["reason"],
    registers,
    async collect() {
      const { status } = await readiness();
      for (const reason of UNREADY) this.set({ reason }, reason === status ? 1 : 0);
    },
  });
  addProcess(registry);
}

/** The process, under the names that Prometheus' own clients use for it. */
function addProcess(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, user and system.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1_000_000);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970.",
    registers,
  }).set(Math.round(performance.timeOrigin / 1_000));
  new Gauge({
    name: "nodejs_heap_size_used_bytes",
    help: "Used part of V8's heap.",
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
}
