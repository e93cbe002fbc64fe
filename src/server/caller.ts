import { type Rate, RateLimit } from "../chat/rate.ts";

/** What one address has used of what it may. A limit it never came near is not made. */
export class Caller {
  connections = 0;
  readonly requests: RateLimit | null;
  readonly joins: Allowance;
  readonly history: Allowance;
  readonly upgrades: Allowance;
  readonly keys: Allowance;
  readonly refusals: Allowance;
  /** Of the same rate. Requests that came behind the end of their connection cost some of it. */
  readonly floods: Allowance;
  /** Room keys that are being tried. */
  readonly trying = new Set<Promise<unknown>>();
  /** Monotonic ms of its last request or connection. */
  seenAt: number;

  constructor(rates: CallerRates, elapsed: number) {
    this.requests = rates.requests === null ? null : new RateLimit(rates.requests, elapsed);
    this.joins = new Allowance(rates.joins);
    this.history = new Allowance(rates.history);
    this.upgrades = new Allowance(rates.upgrades);
    this.keys = new Allowance(rates.keys);
    this.refusals = new Allowance(rates.refusals);
    this.floods = new Allowance(rates.refusals);
    this.seenAt = elapsed;
  }
}

export interface CallerRates {
  readonly requests: Rate | null;
  readonly joins: Rate | null;
  readonly history: Rate | null;
  readonly upgrades: Rate | null;
  readonly keys: Rate | null;
  readonly refusals: Rate | null;
}

/** A rate limit that takes no memory before something was taken of it. */
export class Allowance {
  readonly #rate: Rate | null;
  #limit: RateLimit | null = null;

  constructor(rate: Rate | null) {
    this.#rate = rate;
  }

  /** Takes one; 0 when there was one, else the milliseconds until there will be. */
  take(elapsed: number): number {
    if (this.#rate === null) return 0;
    this.#limit ??= new RateLimit(this.#rate, elapsed);
    return this.#limit.take(elapsed);
  }

  /** 0 when there is one, else the milliseconds until there will be. */
  wait(elapsed: number): number {
    return this.#limit?.wait(elapsed) ?? 0;
  }

  /** Gives back one that was taken. */
  giveBack(): void {
    this.#limit?.giveBack();
  }

  /** Takes one, there or not. */
  owe(elapsed: number): void {
    if (this.#rate === null) return;
    this.#limit ??= new RateLimit(this.#rate, elapsed);
    this.#limit.owe(elapsed);
  }
}
