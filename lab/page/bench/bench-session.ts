import { computed, signal } from "@preact/signals";
import { messagesOf, type Plan } from "./bench-plan.ts";
import { type BenchReport, type EncodedReading, encode, type Surroundings } from "./bench-report.ts";
import { type MeasureWorld, measure } from "./measure.ts";
import type { Reading } from "./reading.ts";

/** A transport that can be measured. */
interface Measurable {
  readonly name: string;
  readonly title: string;
}

/** A measurement in progress. `readings` grow in place: views read them again in each frame. */
export interface Running {
  readonly plan: Plan;
  /** One for each transport that was started. The last one is still being measured. */
  readonly readings: readonly Reading[];
}

interface Needs extends MeasureWorld {
  readonly known: readonly Measurable[];
  readonly surroundings: Surroundings;
}

/** Runs measurements, one at a time. */
export function createSession(needs: Needs) {
  const running = signal<Running | null>(null);
  const report = signal<BenchReport | null>(null);
  let stopping = new AbortController();

  async function start(plan: Plan): Promise<void> {
    if (running.value !== null) return;
    stopping = new AbortController();
    const { signal: stopped } = stopping;
    const startedAt = needs.platform.clock.wallNow();
    running.value = { plan, readings: [] };
    const readings: EncodedReading[] = [];
    for (const transport of plan.transports) {
      const reading = await measure(transport, plan, needs, stopped, (begun) => {
        running.value = { plan, readings: [...(running.value?.readings ?? []), begun] };
      });
      readings.push(encode(reading, titleOf(transport)));
      if (stopped.aborted) break;
    }
    running.value = null;
    report.value = {
      format: "skyrocket-lab-bench",
      version: 1,
      startedAt,
      plan,
      surroundings: needs.surroundings,
      readings,
    };
  }

  const titleOf = (name: string): string => needs.known.find((one) => one.name === name)?.title ?? name;

  return {
    known: needs.known,
    running,
    /** The report of the last measurement; null before the first. */
    report,
    busy: computed(() => running.value !== null),
    titleOf,
    start,
    /** Ends the measurement. What was measured so far is reported as stopped. */
    stop: (): void => stopping.abort(),
  };
}

export type Session = ReturnType<typeof createSession>;

/** Returns how far a measurement is, from 0 to 1. */
export function progressOf({ plan, readings }: Running): number {
  const done = readings.slice(0, -1).length;
  const last = readings.at(-1);
  const part = last === undefined ? 0 : last.sent / messagesOf(plan);
  return (done + part) / plan.transports.length;
}
