import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WorkerProcess } from "../../bench/measure/worker-process.ts";
import { lineThrough } from "../../bench/statistics/estimates.ts";
import { until } from "../support/wait.ts";
import { Speaker } from "./crowd.ts";
import { LoadServer } from "./load-server.ts";
import { mebibytes } from "./options.ts";
import type { Answer, Order } from "./orders.ts";

type ReaderProcess = WorkerProcess<Order, Answer>;

const READER_PROCESS = fileURLToPath(new URL("./reader-process.ts", import.meta.url));

/** Growth of memory that is allowed over the whole run, as a share of the first sample, which has all connections open. */
export const BOUNDS = { heap: 0.02, rss: 0.05 } as const;
/** A server that has just accepted many members still compiles code and sends a census. Memory is sampled after this time. */
const SETTLE_MS = 10_000;
const RECEIVE_MS = 120_000;
const EMPTY_MS = 120_000;

export interface IdlePlan {
  readonly connections: number;
  /** How long memory is sampled. */
  readonly ms: number;
  /** Interval of the samples. Each collects garbage first. */
  readonly sampleMs: number;
  /** Interval of the messages to all readers. */
  readonly speakMs: number;
  readonly transports: readonly string[];
  readonly generators: number;
  say(line: string): void;
}

/** Holds connections of mixed transports open, sends messages to all, and samples memory. Resolves to the failures. */
export async function holdIdle(plan: IdlePlan): Promise<string[]> {
  await using server = await LoadServer.start({});
  await using stack = new AsyncDisposableStack();
  const generators = Array.from({ length: plan.generators }, () =>
    stack.use(new WorkerProcess<Order, Answer>("a reader process", [READER_PROCESS, server.url.href], null)),
  );
  const speaker = await Speaker.open(server.url);
  const bare = await server.memory();
  await fill(plan, generators);
  const failures: string[] = [];
  plan.say(`${plan.connections} connections (${plan.transports.join(", ")}) are open`);
  const { connections } = await server.counts();
  // A poller between two polls is not counted; a stream always is.
  if (connections < plan.connections * 0.6) failures.push(`the server counts ${connections} readers`);

  const sendMessage = async (): Promise<void> => {
    const began = performance.now();
    failures.push(...(await speakToAll(plan, speaker, generators)));
    plan.say(
      `message ${speaker.said} reached ${plan.connections} readers in ${Math.round(performance.now() - began)} ms`,
    );
  };
  await sendMessage();
  await sleep(Math.min(SETTLE_MS, plan.ms));
  const samples = await watch(plan, server, sendMessage);
  failures.push(...judge(plan, samples, bare.heapBytes ?? 0));
  await sendMessage();

  for (const generator of generators) await generator.ask({ type: "leave" });
  await speaker.leave();
  const isEmpty = async (): Promise<boolean> => {
    const counts = await server.counts();
    return counts.connections === 0 && counts.sessions === 0;
  };
  await until("the server to be empty", isEmpty, EMPTY_MS).catch(async () => {
    failures.push(`all readers have left, but the server counts ${JSON.stringify(await server.counts())}`);
  });
  plan.say(`after all have left: ${JSON.stringify(await server.counts())}`);
  return failures;
}

interface Sample {
  readonly minutes: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

async function fill({ connections, transports }: IdlePlan, generators: readonly ReaderProcess[]): Promise<void> {
  const shares = transports.flatMap((transport, n) =>
    generators.map((generator, g) => {
      const slot = n * generators.length + g;
      const slots = transports.length * generators.length;
      const count = Math.floor(((slot + 1) * connections) / slots) - Math.floor((slot * connections) / slots);
      return { transport, generator, count };
    }),
  );
  // Members join one after the other: a concurrent join would only wait for the others.
  for (const { transport, generator, count } of shares)
    if (count > 0) await generator.ask({ type: "join", transport, count, from: 1 });
}

async function speakToAll(plan: IdlePlan, speaker: Speaker, generators: readonly ReaderProcess[]): Promise<string[]> {
  const message = await speaker.speak();
  const faults: string[] = [];
  let readers = 0;
  const allHave = async (): Promise<boolean> => {
    const answers = await Promise.all(generators.map((generator) => generator.ask({ type: "received", message })));
    faults.push(...answers.flatMap((answer) => answer.faults));
    readers = answers.reduce((sum, answer) => sum + answer.readers, 0);
    return readers === plan.connections;
  };
  await until("the message at every reader", allHave, RECEIVE_MS).catch(() => {
    faults.push(`message ${message} reached ${readers} of ${plan.connections} readers`);
  });
  return faults;
}

async function watch(plan: IdlePlan, server: LoadServer, sendMessage: () => Promise<void>): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  let spokeAt = began;
  while (performance.now() - began < plan.ms) {
    const { heapBytes, rssBytes } = await server.memory();
    samples.push({ minutes: (performance.now() - began) / 60_000, heapBytes: heapBytes ?? 0, rssBytes });
    await sleep(plan.sampleMs);
    if (performance.now() - spokeAt < plan.speakMs) continue;
    spokeAt = performance.now();
    await sendMessage();
  }
  return samples;
}

function judge({ connections, say }: IdlePlan, samples: readonly Sample[], bareHeap: number): string[] {
  const failures: string[] = [];
  for (const [name, of] of [
    ["heap", ({ heapBytes }: Sample) => heapBytes],
    ["rss", ({ rssBytes }: Sample) => rssBytes],
  ] as const) {
    const values = samples.map(of);
    const { slope } = lineThrough(samples.map((sample) => [sample.minutes, of(sample)]));
    const minutes = (samples.at(-1)?.minutes ?? 0) - (samples[0]?.minutes ?? 0);
    const grown = (slope * minutes) / (values[0] ?? 1);
    const growth = `${name}: ${mebibytes(Math.min(...values))} to ${mebibytes(Math.max(...values))}, slope ${mebibytes(slope)} a minute, ${(grown * 100).toFixed(2)} % over ${minutes.toFixed(1)} minutes`;
    say(`${growth}; at most ${BOUNDS[name] * 100} %`);
    if (grown > BOUNDS[name]) failures.push(growth);
  }
  const each = ((samples[0]?.heapBytes ?? 0) - bareHeap) / connections;
  say(`heap per connection, its session included: ${(each / 1_024).toFixed(1)} KiB`);
  return failures;
}
