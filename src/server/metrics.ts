import { Counter, Registry } from "prom-client";
import type { Meter, Tally } from "../chat/ports.ts";
import { BYES, type ByeReason, ERRORS, type ErrorCode } from "../protocol/errors.ts";
import { Histogram } from "./histogram.ts";

/** A server's own numbers; two servers in one process do not share any. */
export interface Metrics {
  /** Where metrics that are read off are added. */
  readonly registry: Registry;
  /** All of them, as of now, in the format of `contentType`. */
  text(): Promise<string>;
  readonly contentType: string;
  /** For the core. */
  readonly meter: Meter;
  refused(code: ErrorCode): void;
  /** How late the event loop was when it was looked at. */
  looped(delayMs: number): void;
}

/** Makes every metric that is counted as things happen; `transports`: those that are shown before anything went down them. */
export function createMetrics(transports: readonly string[]): Metrics {
  const registry = new Registry();
  const tallies = new Map<string, Tally>();
  const tally = (transport: string): Tally => {
    const known = tallies.get(transport);
    if (known !== undefined) return known;
    const made = { attached: 0, writes: 0, deliveries: 0, bytes: 0 };
    tallies.set(transport, made);
    return made;
  };
  transports.forEach(tally);
  tallied(
    registry,
    tallies,
    "attached",
    "skyrocket_attached_total",
    "Readers attached since the start. Each poll is one.",
  );
  tallied(registry, tallies, "writes", "skyrocket_writes_total", "Frames handed to readers.");
  tallied(registry, tallies, "deliveries", "skyrocket_deliveries_total", "Numbered events handed to readers.");
  tallied(
    registry,
    tallies,
    "bytes",
    "skyrocket_sent_bytes_total",
    "Bytes of the frames handed to readers, without heads of HTTP, handshakes or TLS.",
  );
  const append = new Histogram(
    "skyrocket_append_seconds",
    "From asking the log to store a message until it is stored.",
  );
  const commit = new Histogram(
    "skyrocket_commit_seconds",
    "One commit of a durable log, for which the process stands still.",
  );
  const broadcast = new Histogram(
    "skyrocket_broadcast_seconds",
    "Framing one turn's events and writing them to all readers of a room.",
  );
  const loop = new Histogram(
    "skyrocket_event_loop_delay_seconds",
    "How late the event loop was, looked at four times a second.",
  );
  const commitFailures = new Counter({
    name: "skyrocket_commit_failures_total",
    help: "Commits that failed; nothing of them was stored or acknowledged.",
    registers: [registry],
  });
  const gaps = new Counter({
    name: "skyrocket_gaps_total",
    help: "Readers that were told a gap: what they missed is no longer held.",
    registers: [registry],
  });
  const byes = labelled(registry, "reason", Object.keys(BYES), {
    name: "skyrocket_byes_total",
    help: "Readers that were told bye, by reason; slow_consumer are those that did not keep up or fell silent.",
  });
  const refusals = labelled(registry, "code", Object.keys(ERRORS), {
    name: "skyrocket_refused_total",
    help: "Requests and commands that were refused, by the code of the error table.",
  });
  return {
    registry,
    contentType: registry.contentType,
    text: async () =>
      [await registry.metrics(), ...[append, commit, broadcast, loop].map((one) => one.text())].join("\n"),
    meter: {
      tally,
      appended: (ms) => append.observe(ms),
      committed: (ms) => commit.observe(ms),
      commitFailed: () => commitFailures.inc(),
      broadcast: (ms) => broadcast.observe(ms),
      gap: () => gaps.inc(),
      bye: (reason: ByeReason) => byes.inc({ reason }),
    },
    refused: (code) => refusals.inc({ code }),
    looped: (delayMs) => loop.observe(delayMs),
  };
}

/** A counter whose value stands in the tallies, where adding to it costs no look-up. */
function tallied(
  registry: Registry,
  tallies: Map<string, Tally>,
  field: keyof Tally,
  name: string,
  help: string,
): void {
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
}

/** A counter with all values of its one label there from the beginning: a rate of what never was is 0, and not missing. */
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
