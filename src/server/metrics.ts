import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { ChatHub } from "../chat/hub.ts";
import { type Meter, SHARED_STORE_EVENTS, type Tally } from "../chat/ports.ts";
import { BYES, type ByeReason, ERRORS, type ErrorCode } from "../protocol/errors.ts";
import { type Readiness, UNREADY } from "./readiness.ts";

/** Upper bounds in seconds, from an append in memory to more than any client waits. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** One server's metrics. Two servers in a process share none. */
export interface Metrics {
  readonly registry: Registry;
  /** What the core records its measurements in. */
  readonly meter: Meter;
  refused(code: ErrorCode): void;
  /** Records how late the event loop was. */
  looped(delayMs: number): void;
}

/** Creates the metrics that are counted as things happen. `transports` are shown with 0 before their first reader. */
export function createMetrics(transports: readonly string[]): Metrics {
  const registry = new Registry();
  const tally = transportCounters(registry, transports);
  const append = histogram(registry, "skyrocket_append_seconds", "Duration of storing a message in the log.");
  const commit = histogram(
    registry,
    "skyrocket_commit_seconds",
    "Duration of one store commit (blocks the event loop).",
  );
  const broadcast = histogram(
    registry,
    "skyrocket_broadcast_seconds",
    "Duration of framing one turn's events and writing them to all readers of a room.",
  );
  const loop = histogram(
    registry,
    "skyrocket_event_loop_delay_seconds",
    "Delay of the event loop, sampled four times a second.",
  );
  const commitFailures = new Counter({
    name: "skyrocket_commit_failures_total",
    help: "Commits that failed. Nothing of them was stored or acknowledged.",
    registers: [registry],
  });
  const scripts = histogram(
    registry,
    "skyrocket_redis_script_seconds",
    "Duration of one script call to Redis, round trip included.",
  );
  const shared = labelled(registry, "event", SHARED_STORE_EVENTS, {
    name: "skyrocket_redis_events_total",
    help: "Reconnects to Redis, events that were not delivered in order and had to be fetched, new epochs of rooms, and operations whose outcome is unknown.",
  });
  const gaps = new Counter({
    name: "skyrocket_gaps_total",
    help: "Gaps sent to readers, because the events that they missed are no longer kept.",
    registers: [registry],
  });
  const byes = labelled(registry, "reason", Object.keys(BYES), {
    name: "skyrocket_byes_total",
    help: "Readers that were sent bye, by reason. slow_consumer: they read too slowly or stopped answering pings.",
  });
  const refusals = labelled(registry, "code", Object.keys(ERRORS), {
    name: "skyrocket_refused_total",
    help: "Refused requests and commands, by error code.",
  });
  return {
    registry,
    meter: {
      tally,
      appended: (ms) => append.observe(ms / 1_000),
      committed: (ms) => commit.observe(ms / 1_000),
      commitFailed: () => commitFailures.inc(),
      scripted: (ms) => scripts.observe(ms / 1_000),
      sharedStoreEvent: (event) => shared.inc({ event }),
      broadcast: (ms) => broadcast.observe(ms / 1_000),
      gap: () => gaps.inc(),
      bye: (reason: ByeReason) => byes.inc({ reason }),
    },
    refused: (code) => refusals.inc({ code }),
    looped: (delayMs) => loop.observe(delayMs / 1_000),
  };
}

/** The sources of the metrics that are computed only at a scrape. */
export interface Observed {
  readonly hub: ChatHub;
  readonly transports: readonly string[];
  /** Resolves to the number of TCP connections. */
  readonly sockets: () => Promise<number>;
  readonly readiness: () => Promise<Readiness>;
}

/** Adds the metrics that are read at each scrape. */
export function addGauges(registry: Registry, { hub, transports, sockets, readiness }: Observed): void {
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
    "Attached readers, including those that were sent bye and have not closed yet.",
    "attached",
  );
  byTransport(
    "skyrocket_readers_behind",
    "Readers that are not at the head: they are catching up or their connection is full.",
    "behind",
  );
  gauge("skyrocket_sockets", "Open TCP connections, including idle keep-alive ones.", sockets);
  gauge("skyrocket_sessions", "Sessions in memory.", () => hub.counts.sessions);
  gauge("skyrocket_rooms", "Open rooms.", () => hub.counts.rooms);
  gauge("skyrocket_timers", "Pending timers of the core.", () => hub.counts.timers);
  gauge("skyrocket_log_bytes", "Stored bytes: events, rooms, replies, and pending deletes.", () => hub.logBytes);
  new Gauge({
    name: "skyrocket_redis_echo_age_seconds",
    help: "Age of the newest message that the server sent to itself through Redis and received; above 3 s it may miss what others store. Only with Redis.",
    registers,
    collect() {
      const ageMs = hub.echoAgeMs;
      // A gauge without labels begins with 0, which would look like a fresh echo.
      if (ageMs === undefined) this.remove();
      else this.set(ageMs / 1_000);
    },
  });
  gauge("skyrocket_draining", "1 while the server is draining.", () => (hub.draining ? 1 : 0));
  new Gauge({
    name: "skyrocket_unready",
    help: "1 for the active not-ready reason.",
    labelNames: ["reason"],
    registers,
    async collect() {
      const { status } = await readiness();
      for (const reason of UNREADY) this.set({ reason }, reason === status ? 1 : 0);
    },
  });
  addProcess(registry);
}

/** Adds the metrics of the process, under the names that Prometheus' own clients use. */
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
    help: "Start time of the process, in seconds since 1970.",
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

/**
 * Adds what is counted per transport. The core adds to plain numbers, since a labelled counter would cost a lookup for
 * each write; they are copied at each scrape.
 */
function transportCounters(registry: Registry, transports: readonly string[]): Meter["tally"] {
  const tallies = new Map<string, Tally>();
  const tallyOf = (transport: string): Tally => {
    const known = tallies.get(transport);
    if (known !== undefined) return known;
    const made = { attached: 0, writes: 0, deliveries: 0, bytes: 0 };
    tallies.set(transport, made);
    return made;
  };
  transports.forEach(tallyOf);
  const counter = (field: keyof Tally, name: string, help: string): void => {
    new Counter({
      name,
      help,
      labelNames: ["transport"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [transport, tally] of tallies) this.inc({ transport }, tally[field]);
      },
    });
  };
  counter("attached", "skyrocket_attached_total", "Readers attached since the start. Each poll is one.");
  counter("writes", "skyrocket_writes_total", "Frames written to readers.");
  counter("deliveries", "skyrocket_deliveries_total", "Durable events written to readers.");
  counter(
    "bytes",
    "skyrocket_sent_bytes_total",
    "Bytes of the frames written to readers, without HTTP headers, handshakes and TLS.",
  );
  return tallyOf;
}

function histogram(registry: Registry, name: string, help: string): DurationHistogram {
  const made = new DurationHistogram(name, help);
  // The registry reads nothing of a metric but its name and `get`; its type asks for prom-client's own classes.
  registry.registerMetric(made as unknown as Metric);
  return made;
}

/**
 * A histogram without labels. prom-client's own allocates 180 bytes for each observation, which is made at every
 * broadcast; this one allocates nothing.
 */
class DurationHistogram {
  readonly name: string;
  readonly #help: string;
  /** One for each bucket, and one for all above them. */
  readonly #counts = new Float64Array(BUCKETS.length + 1);
  /** In an array, because V8 allocates each new value of a number field. */
  readonly #sumSeconds = new Float64Array(1);

  constructor(name: string, help: string) {
    this.name = name;
    this.#help = help;
  }

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumSeconds[0] = (this.#sumSeconds[0] ?? 0) + seconds;
  }

  /** Returns what prom-client's histogram returns. */
  get(): object {
    let count = 0;
    const buckets = [...BUCKETS, "+Inf"].map((le, index) => {
      count += this.#counts[index] ?? 0;
      return { metricName: `${this.name}_bucket`, labels: { le }, value: count };
    });
    const values = [
      ...buckets,
      { metricName: `${this.name}_sum`, labels: {}, value: this.#sumSeconds[0] ?? 0 },
      { metricName: `${this.name}_count`, labels: {}, value: count },
    ];
    return { name: this.name, help: this.#help, type: "histogram", aggregator: "sum", values };
  }
}

/** Creates a counter with every value of its one label at 0, so that a rate is 0 and not missing before the first. */
function labelled<Label extends string>(
  registry: Registry,
  label: Label,
  values: readonly string[],
  { name, help }: { name: string; help: string },
): Counter<Label> {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  for (const value of values) counter.labels(value).inc(0);
  return counter;
}
