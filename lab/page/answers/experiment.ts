/** Experiments with the live lanes. One runs at a time: all of them share the lanes and their weather. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { RunLane } from "../../engine/run.ts";
import type { SectionName } from "../address.ts";
import type { Answer, Finding, Progress } from "../model/finding.ts";
import type { Lab } from "../model/lab.ts";
import { OUTSIDE } from "../model/message-sender.ts";
import type { RunIndex } from "../model/run-index.ts";
import { lastUntil } from "../model/run-records.ts";

/** A question that people often ask, with the experiment that answers it. */
export interface Question {
  /** Used in addresses and tests. */
  readonly name: string;
  readonly title: string;
  /** What the experiment does, and how long it takes. */
  readonly does: string;
  /** A link to more details. */
  readonly more?: { readonly section: SectionName; readonly says: string };
  /** Rejects with ExperimentError if there is no result. */
  measure(experiment: Experiment): Promise<Answer>;
}

/** An experiment without a result. The message says why. */
export class ExperimentError extends Error {
  override readonly name = "ExperimentError";
}

/** What an experiment works with: the laboratory's lanes, and ways to wait for what they do. */
export interface Experiment {
  readonly lab: Lab;
  readonly lanes: readonly RunLane[];
  readonly runIndex: RunIndex;
  readonly signal: AbortSignal;
  report(progress: Progress): void;
  /** Resolves to what `probe` returns as soon as it is not null. Rejects with ExperimentError, naming `what`, after `ms`. */
  until<Value>(what: string, probe: () => Value | null, ms: number): Promise<Value>;
  /** Settles as `promise` does. Rejects with ExperimentError, naming `what`, after `ms`. */
  within<Value>(what: string, promise: Promise<Value>, ms: number): Promise<Value>;
  /** Resolves when `probe` returns true or `ms` have passed. */
  waitAtMost(ms: number, probe: () => boolean): Promise<void>;
  pause(ms: number): Promise<void>;
}

/** Runs experiments, one at a time. Their findings are kept with the laboratory. */
export interface ExperimentRunner {
  /** The question that is being measured. */
  readonly busy: ReadonlySignal<Question | null>;
  finding(question: Question): Finding;
  /** Resolves when it is answered, failed or stopped, and the weather is restored. */
  ask(question: Question): Promise<void>;
  stop(): void;
}

const NOT_MEASURED: Finding = { kind: "not-measured" };

export function createExperimentRunner(lab: Lab): ExperimentRunner {
  const { findings } = lab;
  const busy = signal<Question | null>(null);
  let stopping = new AbortController();

  function finding({ name }: Question): Finding {
    return findings.value.get(name) ?? NOT_MEASURED;
  }
  function note({ name }: Question, found: Finding): void {
    findings.value = new Map(findings.peek()).set(name, found);
  }

  return {
    busy,
    finding,
    async ask(question) {
      if (busy.peek() !== null) return;
      const { signal: stopped } = stopping;
      const before = findings.peek().get(question.name) ?? NOT_MEASURED;
      const restoreWeather = lab.weatherControl.keep();
      const speaker = lab.speaker.peek();
      busy.value = question;
      note(question, { kind: "measuring", progress: { says: "", share: 0 } });
      try {
        const report = (progress: Progress): void => note(question, { kind: "measuring", progress });
        const answer = await question.measure(await prepareExperiment(lab, stopped, report));
        note(question, { kind: "answered", answer });
      } catch (error) {
        if (stopped.aborted) note(question, before);
        else note(question, { kind: "failed", message: messageOf(error) });
      } finally {
        restoreWeather();
        lab.setSpeaker(speaker);
        busy.value = null;
      }
    },
    stop() {
      stopping.abort();
      stopping = new AbortController();
    },
  };
}

function messageOf(error: unknown): string {
  if (error instanceof ExperimentError) return error.message;
  return `The experiment failed: ${error instanceof Error ? error.message : String(error)}`;
}

const PROBE_EVERY_MS = 20;
const LIVE_MS = 60_000;

/**
 * Prepares the lanes: no other messages, the member outside as the speaker, no naive clients, all lanes live. Replacing a
 * naive client starts a new run. Rejects with ExperimentError, or with the signal's reason.
 */
async function prepareExperiment(
  lab: Lab,
  signal: AbortSignal,
  report: (progress: Progress) => void,
): Promise<Experiment> {
  const { clock } = lab;
  lab.sender.stop();
  lab.setSpeaker(OUTSIDE);
  for (const { lane, naive } of lab.lanes.peek()) if (naive) lab.setNaive(lane, false);
  const lanes = lab.lanes.peek();
  const runIndex = lab.playback.runIndex.peek();

  function pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.after(ms, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });
  }
  async function until<Value>(what: string, probe: () => Value | null, ms: number): Promise<Value> {
    const deadline = clock.monotonicNow() + ms;
    for (;;) {
      if (lab.state.peek().kind !== "open") throw new ExperimentError("The connection to the laboratory was lost.");
      if (lab.playback.runIndex.peek() !== runIndex) {
        throw new ExperimentError("A new run was started in the meantime. Measure again.");
      }
      const value = probe();
      if (value !== null) return value;
      if (clock.monotonicNow() > deadline) {
        throw new ExperimentError(`Timed out after ${Math.round(ms / 1_000)} s waiting for ${what}. Measure again.`);
      }
      await pause(PROBE_EVERY_MS);
    }
  }
  async function within<Value>(what: string, promise: Promise<Value>, ms: number): Promise<Value> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await until(what, () => (settled ? true : null), ms);
    return promise;
  }
  async function waitAtMost(ms: number, probe: () => boolean): Promise<void> {
    const deadline = clock.monotonicNow() + ms;
    await until("the end of a pause", () => (probe() || clock.monotonicNow() >= deadline ? true : null), ms + LIVE_MS);
  }

  report({ says: "waiting until all lanes are live", share: 0 });
  await until("every lane to connect", () => (lanes.every((lane) => isLive(runIndex, lane)) ? true : null), LIVE_MS);
  return { lab, lanes, runIndex, signal, report, until, within, waitAtMost, pause };
}

function isLive(runIndex: RunIndex, { lane }: RunLane): boolean {
  return lastUntil(runIndex.lane(lane).client.states, Number.POSITIVE_INFINITY)?.state === "live";
}

/** Returns how long after it was sent a lane's client had the message, ms; null if it has not. */
export function latencyOf({ runIndex }: Experiment, name: string, { lane }: RunLane): number | null {
  return runIndex.message(name)?.receipts.get(lane)?.latencyMs ?? null;
}

/** Returns the address of a lane's proxy. Throws ExperimentError without a connection to the laboratory. */
export function laneAddress(lab: Lab, { lane }: RunLane): URL {
  const state = lab.state.peek();
  const port = state.kind === "open" ? state.ports[lane] : undefined;
  if (port === undefined) throw new ExperimentError("The connection to the laboratory was lost.");
  return new URL(`http://127.0.0.1:${port}/`);
}
