import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type ChatClient, connect } from "../../../src/client/index.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { Ledger } from "../../generator/ledger.ts";
import { stampedText } from "../../generator/stamp.ts";
import { seededRandom } from "../../statistics/random.ts";
import { holdsOn } from "../readers.ts";
import { gapOf } from "./gap.ts";
import type { SwitchOrder, SwitchReport } from "./messages.ts";
import { liveness, SwitchingReader } from "./reader.ts";

const ROOM = "switch";
const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

/** Lets real clients switch while messages come, and says what came of it. Closes them all, however it ends. */
export async function runSwitching({ url, clients, seconds, perSecond, seed }: SwitchOrder): Promise<SwitchReport> {
  const transports = clientTransports.map(({ name }) => name);
  const readers = Array.from({ length: clients }, (_, at) => new SwitchingReader(url, ROOM, at, transports));
  const publisher = connect({ url, room: ROOM, name: "publisher" });
  const ledger = new Ledger(clients);
  const ended = new AbortController();
  try {
    const reading = Promise.all(readers.map((reader, at) => reader.read((number) => ledger.arrive(at, number))));
    await Promise.all([liveness(publisher), ...readers.map((reader) => reader.live())]);
    const watch = watchOwnWork();
    const roaming = Promise.all(
      readers.map((reader, at) => reader.roam(seededRandom(seed * clients + at), ended.signal)),
    );
    const messages = Math.max(1, Math.round(seconds * perSecond));
    await publish(publisher, ledger, messages, perSecond);
    ended.abort();
    await roaming;
    await settled(ledger);
    const work = watch();
    close(readers, publisher);
    await reading;
    return { ...ledger.faults(), ...work, messages, deliveries: ledger.deliveries, ...changes(readers, perSecond) };
  } finally {
    ended.abort();
    close(readers, publisher);
  }
}

/** Sends numbered messages on a fixed schedule. Rejects when one is refused. */
async function publish(publisher: ChatClient, ledger: Ledger, messages: number, perSecond: number): Promise<void> {
  const start = performance.now();
  const sent: Promise<number>[] = [];
  for (let count = 0; count < messages; count += 1) {
    const wait = start + (count * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    sent.push(
      publisher.send(
        stampedText(
          ledger.publish(() => {}),
          0,
        ),
      ),
    );
  }
  await Promise.all(sent);
}

/** Resolves when everyone has everything, or patience is at its end. */
async function settled(ledger: Ledger): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (ledger.faults().lost > 0 && performance.now() < end) await sleep(LOOK_MS);
}

/** Short pollers pause by design: only switches between transports that hold on have a gap. */
function changes(readers: readonly SwitchingReader[], perSecond: number) {
  const gapsMs = readers.flatMap(({ switched, arrivals }) =>
    switched
      .filter(({ from, to }) => holdsOn({ leg: from }) && holdsOn({ leg: to }))
      .flatMap((change) => gapOf(arrivals, change, 1_000 / perSecond) ?? []),
  );
  return {
    switches: readers.reduce((sum, { switched }) => sum + switched.length, 0),
    failures: readers.flatMap(({ failures }) => failures),
    gapsMs: gapsMs.sort((a, b) => a - b),
  };
}

/** Starts to watch this process; what it answers ends that and tells how busy it was. */
function watchOwnWork(): () => Pick<SwitchReport, "cpu" | "delayMs"> {
  const before = process.cpuUsage();
  const start = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  return () => {
    delay.disable();
    const { user, system } = process.cpuUsage(before);
    return {
      cpu: (user + system) / 1_000 / (performance.now() - start),
      delayMs: delay.percentile(99) / 1_000_000,
    };
  };
}

function close(readers: readonly SwitchingReader[], publisher: ChatClient): void {
  for (const reader of readers) reader.close();
  publisher.close();
}
