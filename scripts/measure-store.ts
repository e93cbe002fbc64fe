/**
 * Measures how long the SQLite store blocks the event loop, by operation: the numbers of docs/decisions/010-sqlite-log.md.
 * Run `npx node scripts/measure-store.ts` on an otherwise idle machine; it takes some 20 s.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RoomLog } from "../src/chat/log-port.ts";
import { DEFAULT_SETTINGS, type Settings } from "../src/chat/settings.ts";
import { systemClock } from "../src/clock.ts";
import type { Durability } from "../src/log/sqlite/database.ts";
import { SqliteStore } from "../src/log/sqlite/store.ts";
import type { CommandId, MemberId, RoomName } from "../src/protocol/ids.ts";
import { createCore } from "../src/server/core.ts";

const folder = mkdtempSync(join(tmpdir(), "skyrocket-measure-"));
const from = { id: "mabcdefghij" as MemberId, name: "Ada" };
let deferred: (() => void)[] = [];
let commands = 0;
let files = 0;

function endTurn(): void {
  const tasks = deferred;
  deferred = [];
  for (const task of tasks) task();
}

function open(file: string, durability: Durability, settings: Partial<Settings> = {}): SqliteStore {
  return new SqliteStore(
    { file, durability, boot: "measured" },
    createCore(console.error, {
      settings: { ...DEFAULT_SETTINGS, ...settings },
      clock: { ...systemClock, after: () => () => undefined },
      defer: (task) => void deferred.push(task),
      note: console.log,
    }),
  );
}

async function timed<Value>(samples: number[], work: () => Value | Promise<Value>): Promise<Value> {
  const begun = performance.now();
  const value = await work();
  samples.push(performance.now() - begun);
  return value;
}

function report(what: string, samples: number[]): void {
  const sorted = samples.toSorted((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(3);
  console.log(
    `${what.padEnd(52)} n ${String(samples.length).padStart(5)}  p50 ${at(0.5)}  p99 ${at(0.99)}  max ${at(1)} ms`,
  );
}

async function commits(log: RoomLog, turns: number, each: number): Promise<number[]> {
  const samples: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const stored = Array.from({ length: each }, () => {
      commands += 1;
      return log.append({ type: "message", id: `c${commands}` as CommandId, from, text: "x".repeat(100) });
    });
    await timed(samples, endTurn);
    await Promise.all(stored);
  }
  return samples;
}

function freshFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

const lobby = "lobby" as RoomName;
for (const durability of ["process", "power"] as const) {
  const file = freshFile();
  const store = open(file, durability);
  const log = store.openLog(lobby);
  report(`${durability}: commit of 1 event`, await commits(log, durability === "process" ? 20_000 : 2_000, 1));
  report(`${durability}: commit of 100 events`, await commits(log, 300, 100));
  await store.close();
}

const busy = open(freshFile(), "process");
const log = busy.openLog(lobby);
await commits(log, 300, 1_000);
for (let turn = 0; turn < 600; turn += 1) endTurn();
await log.close();
const opening: number[] = [];
const opened = await timed(opening, () => busy.openLog(lobby));
report("open a room: 10,000 events, 300,000 replies", opening);
const reading: number[] = [];
for (let seq = opened.oldest - 1; seq + 500 <= opened.head; seq += 500) {
  await timed(reading, () =>
    opened.read({ epoch: opened.epoch, seq }, { upTo: opened.head, events: 500, bytes: 262_144 }),
  );
}
report("read 500 events from the file", reading);
await busy.close();

const large = freshFile();
const filled = open(large, "process", { replayEvents: 50_000 });
for (let n = 0; n < 32; n += 1) {
  const room = filled.openLog(`room-${n}` as RoomName);
  await commits(room, 34, 1_000);
  await room.close();
}
console.log(`a store of ${Math.round(filled.bytes / 1_048_576)} MiB of events`);
await filled.close();
const starting: number[] = [];
await (await timed(starting, () => open(large, "process"))).close();
report("open that store", starting);

rmSync(folder, { recursive: true });
