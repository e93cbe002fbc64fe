import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WorkerProcess } from "../../bench/measure/worker-process.ts";
import { derived } from "../../lab/engine/proxy/random.ts";
import { Api } from "../support/api.ts";
import { say } from "../support/ids.ts";
import { retryUntilSuccess } from "../support/retry.ts";
import { until } from "../support/wait.ts";
import { LightReader } from "./light-reader.ts";

const PROGRAM = fileURLToPath(new URL("./storm-process.ts", import.meta.url));

export interface StormOptions {
  /** The server's URL. */
  readonly server: string;
  readonly room: string;
  readonly readers: number;
  readonly transports: readonly string[];
  readonly seed: number;
}

export interface StormVerdict {
  readonly readers: number;
  /** Readers that reached the end of the log. */
  readonly caughtUp: number;
  readonly connects: number;
  readonly said: number;
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly gaps: number;
  /** Answers that were neither 200 nor 101: the status, and how often it came. */
  readonly refusals: readonly (readonly [status: number, times: number])[];
}

/** Joins that run at the same time. */
const JOINS_AT_ONCE = 16;
const CUTS = 3;
const BETWEEN_CUTS_MS = 2_000;
const SAY_EVERY_MS = 250;
const CATCH_UP_MS = 120_000;

/** Runs `storm` in a process of its own. */
export async function stormInProcess(options: StormOptions): Promise<StormVerdict> {
  await using worker = new WorkerProcess<StormOptions, StormVerdict>("the storm's process", [PROGRAM], null);
  return await worker.ask(options);
}

/** Attaches many readers to one room and cuts them all at once, several times, while a member sends messages. */
export async function storm({ server, room, readers, transports, seed }: StormOptions): Promise<StormVerdict> {
  const url = new URL(server);
  const api = new Api(url);
  const crowd: LightReader[] = [];
  try {
    let next = 0;
    const join = async (): Promise<void> => {
      for (let index = next++; index < readers; index = next++) {
        const { session, cursor } = await retryUntilSuccess(() => api.openSession(room, `light ${index}`));
        const transport = transports[index % transports.length] ?? "";
        crowd.push(new LightReader({ url, transport, session, cursor, random: derived(seed, "light", index) }));
      }
    };
    await Promise.all(Array.from({ length: JOINS_AT_ONCE }, join));
    const speaker = await retryUntilSuccess(() => api.openSession(room, "speaker"));
    let said = 0;
    const speak = async (text: string): Promise<number> => {
      const command = say(text);
      said += 1;
      return retryUntilSuccess(async () => {
        const reply = await api.execute(speaker.session, command);
        if (reply?.type !== "ok" || reply.seq === undefined) throw new Error("not acknowledged");
        return reply.seq;
      });
    };
    for (let cut = 0; cut < CUTS; cut += 1) {
      const over = performance.now() + BETWEEN_CUTS_MS;
      while (performance.now() < over) {
        await speak(`storm message ${said}`);
        await pause(SAY_EVERY_MS);
      }
      for (const reader of crowd) reader.cut(cut % 2 === 0 ? "rst" : "fin");
    }
    const end = await speak("the storm is over");
    const caughtUp = (): number => crowd.filter(({ at }) => at >= end).length;
    await until("all readers to catch up", () => caughtUp() === crowd.length, CATCH_UP_MS).catch(() => undefined);
    const sum = (of: (reader: LightReader) => number): number => crowd.reduce((total, reader) => total + of(reader), 0);
    const refusals = new Map<number, number>();
    for (const reader of crowd) {
      for (const [status, times] of reader.refusals) refusals.set(status, (refusals.get(status) ?? 0) + times);
    }
    return {
      readers: crowd.length,
      caughtUp: caughtUp(),
      connects: sum(({ connects }) => connects),
      said,
      received: sum(({ received }) => received),
      lost: sum(({ lost, at }) => lost + Math.max(0, end - at)),
      duplicated: sum(({ duplicated }) => duplicated),
      gaps: sum(({ gaps }) => gaps),
      refusals: [...refusals],
    };
  } finally {
    for (const reader of crowd) reader.end();
  }
}
