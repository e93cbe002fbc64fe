/** Seconds, from what an append in memory takes to what nobody would wait for. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

/**
 * Durations by buckets, as Prometheus counts them. prom-client's own takes 150 ns and 180 bytes for each observation,
 * which is made at every broadcast; this one takes none.
 */
export class Histogram {
  readonly #name: string;
  readonly #help: string;
  /** One for each bound, and one for all above them. */
  readonly #counts = new Float64Array(BOUNDS.length + 1);
  /** In an array, because a number that changes in a field is a new object each time. */
  readonly #sumMs = new Float64Array(1);

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && ms > (BOUNDS[bucket] ?? 0) * 1_000) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs[0] = (this.#sumMs[0] ?? 0) + ms;
  }

  /** In Prometheus' text format, version 0.0.4. */
  text(): string {
    let count = 0;
    const buckets = [...BOUNDS, "+Inf"].map((bound, place) => {
      count += this.#counts[place] ?? 0;
      return `${this.#name}_bucket{le="${bound}"} ${count}`;
    });
    return [
      `# HELP ${this.#name} ${this.#help}`,
      `# TYPE ${this.#name} histogram`,
      ...buckets,
      `${this.#name}_sum ${(this.#sumMs[0] ?? 0) / 1_000}`,
      `${this.#name}_count ${count}`,
      "",
    ].join("\n");
  }
}
