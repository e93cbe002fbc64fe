import type { FastifyInstance } from "fastify";
import type { Clock } from "../clock.ts";
import { ERRORS, ProtocolError } from "../protocol/errors.ts";
import { PLAIN_HEADERS } from "./failures.ts";

/** Why a server is not ready: it drains, its store takes nothing, or it is at one of its limits. */
export const UNREADY = ["draining", "store", "overloaded"] as const;

export type Readiness =
  | { readonly status: "ready" }
  | { readonly status: (typeof UNREADY)[number]; readonly reason: string };

/** What readiness is read from. */
interface Probed {
  readonly draining: boolean;
  readonly overload: string | null;
  check(): Promise<void>;
}

/**
 * Resolves to whether the server would accept a new member and could store a message; it tries to store something.
 * `others` resolves to a further reason, or null.
 */
export async function readinessOf(hub: Probed, others: () => Promise<string | null>): Promise<Readiness> {
  if (hub.draining) return { status: "draining", reason: "The server is shutting down." };
  try {
    await hub.check();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { status: "store", reason: error.message };
  }
  const overload = hub.overload ?? (await others());
  return overload === null ? { status: "ready" } : { status: "overloaded", reason: overload };
}

/** Adds `/healthz` (the process answers) and `/readyz` (it accepts new members; else 503 with the reason). */
export function healthRoutes(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  app.get("/healthz", { exposeHeadRoute: true }, (_request, reply) =>
    reply.headers(PLAIN_HEADERS).send({ status: "ok" }),
  );
  app.get("/readyz", { exposeHeadRoute: true }, async (_request, reply) => {
    const answer = await readiness();
    const code = answer.status === "ready" ? 200 : ERRORS.overloaded.status;
    return reply.headers(PLAIN_HEADERS).code(code).send(answer);
  });
}

/** Each sample wakes an idle process: ten a second cost half a millisecond of CPU each second, four a fifth of one. */
const SAMPLE_MS = 250;
/** Weight of a new sample in the moving average. At four a second, a stall is forgotten within some seconds. */
const WEIGHT = 0.25;
/** From here on every heartbeat, reply and broadcast is late by as much. */
const TOO_LATE_MS = 500;

/**
 * Samples the delay of the event loop four times a second. Unlike the quantiles of Node's `monitorEventLoopDelay`, a
 * histogram of samples can be summed over servers and time.
 */
export class LoopDelay {
  readonly #clock: Clock;
  readonly #sampled: (delayMs: number) => void;
  #stop: () => void;
  #smoothedMs = 0;

  constructor(clock: Clock, sampled: (delayMs: number) => void) {
    this.#clock = clock;
    this.#sampled = sampled;
    this.#stop = this.#sampleLater();
  }

  /** True while the loop is late on average, not only once. */
  get tooLate(): boolean {
    return this.#smoothedMs >= TOO_LATE_MS;
  }

  stop(): void {
    this.#stop();
  }

  #sampleLater(): () => void {
    const begun = this.#clock.monotonicNow();
    return this.#clock.after(SAMPLE_MS, () => {
      const delayMs = Math.max(0, this.#clock.monotonicNow() - begun - SAMPLE_MS);
      this.#smoothedMs += WEIGHT * (delayMs - this.#smoothedMs);
      this.#sampled(delayMs);
      this.#stop = this.#sampleLater();
    });
  }
}
