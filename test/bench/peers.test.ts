import { afterEach, describe, expect, test } from "vitest";
import type { Row } from "../../bench/contract.ts";
import type { Credentials, Publisher, Reader } from "../../bench/generator/dialect.ts";
import { type ServerProcess, startServerProcess } from "../../bench/measure/server-process.ts";
import { BETTER_SSE_ROWS } from "../../bench/peers/better-sse.ts";
import { BUN_ROWS } from "../../bench/peers/bun.ts";
import { FAYE_ROWS } from "../../bench/peers/faye.ts";
import { NCHAN_ROWS } from "../../bench/peers/nchan.ts";
import { SOCKET_IO_ROWS } from "../../bench/peers/socket-io.ts";
import { SOCKJS_ROWS } from "../../bench/peers/sockjs.ts";
import { WS_ROWS } from "../../bench/peers/ws.ts";

/** Rows whose events have no more around them than their transport needs. */
const LEAN_ROWS = [...WS_ROWS, ...SOCKET_IO_ROWS, ...BETTER_SSE_ROWS, ...BUN_ROWS];
const ROWS = [...LEAN_ROWS, ...SOCKJS_ROWS, ...FAYE_ROWS, ...NCHAN_ROWS];
const READERS = 20;
const MESSAGES = 50;
const TEXT_BYTES = 24;
const LONG_BYTES = 16_384;
const NUMBERS = Array.from({ length: MESSAGES }, (_, at) => at + 1);

interface Listener {
  readonly reader: Reader;
  readonly arrived: number[];
}

/** A row's server with a room; `failures` are those of any connection. */
interface Room {
  readonly url: URL;
  readonly listeners: readonly Listener[];
  readonly publisher: Publisher;
  readonly failures: string[];
}

const running: ServerProcess[] = [];
const open: { close(): void }[] = [];

afterEach(async () => {
  for (const connection of open.splice(0)) connection.close();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

interface RoomOptions {
  readonly readers?: number;
  /** More arguments of the server. */
  readonly args?: readonly string[];
  /** Whether readers track their position. */
  readonly track?: boolean;
}

async function openRoom(row: Row, { readers = READERS, args = [], track = false }: RoomOptions = {}): Promise<Room> {
  const child = await startServerProcess([...row.server(readers), ...args], { cpu: null });
  running.push(child);
  const [first, ...others] = await row.dialect.join(child.url, readers + 1);
  if (first === undefined) throw new Error("no member joined");
  const failures: string[] = [];
  const listeners = await Promise.all(
    others.map((credentials) => openListener(row, child.url, credentials, failures, track)),
  );
  const publisher = await opened(failures, (events) => {
    const made = row.dialect.openPublisher({ url: child.url, credentials: first, events });
    open.push(made);
    return made;
  });
  return { url: child.url, listeners, publisher, failures };
}

function openListener(
  { dialect }: Row,
  url: URL,
  credentials: Credentials,
  failures: string[],
  track = false,
  link = 1,
): Promise<Listener> {
  const arrived: number[] = [];
  return opened(failures, ({ opened, failed }) => {
    const events = { opened, failed, arrived: (number: number) => void arrived.push(number) };
    const reader = dialect.openReader({ url, credentials, events, track, link });
    open.push(reader);
    return { reader, arrived };
  });
}

/** Resolves to what `make` returns once it is open; rejects if it fails first. */
function opened<Made>(
  failures: string[],
  make: (events: { opened(): void; failed(reason: string): void }) => Made,
): Promise<Made> {
  return new Promise((resolve, reject) => {
    const made = make({
      opened: () => queueMicrotask(() => resolve(made)),
      failed: (reason) => {
        failures.push(reason);
        reject(new Error(reason));
      },
    });
  });
}

async function arriveAt(listeners: readonly Listener[], count: number, { failures }: Room): Promise<void> {
  await expect.poll(() => failures.length > 0 || listeners.every(({ arrived }) => arrived.length >= count)).toBe(true);
  expect(failures).toEqual([]);
}

/** A test of a row, which is skipped by name if the row can't run here. */
function rowTest({ name, missing }: Row, title: string, check: () => Promise<void> | void): void {
  test.skipIf(missing !== null)(`${name} ${title}${missing === null ? "" : ` (skipped: ${missing})`}`, check);
}

describe.each(ROWS)("$name", (row) => {
  rowTest(row, "delivers every message to every reader, once and in order", async () => {
    const room = await openRoom(row);
    expect(room.listeners).toHaveLength(READERS);
    for (const number of NUMBERS) {
      room.publisher.publish(number, TEXT_BYTES);
      // One at a time first, then the rest at once, since a burst must arrive completely as well.
      if (number <= MESSAGES / 2) await arriveAt(room.listeners, number, room);
    }
    await arriveAt(room.listeners, MESSAGES, room);
    for (const { reader, arrived } of room.listeners) {
      expect(arrived).toEqual(NUMBERS);
      expect(reader.bytesRead).toBeGreaterThan(MESSAGES * TEXT_BYTES);
      expect(reader.bytesWritten).toBeGreaterThan(0);
      expect(reader.reads).toBeGreaterThan(0);
    }
  });

  rowTest(row, "delivers long texts completely", async () => {
    const room = await openRoom(row, { readers: 2 });
    const before = room.listeners.map(({ reader }) => reader.bytesRead);
    room.publisher.publish(1, LONG_BYTES);
    room.publisher.publish(2, LONG_BYTES);
    await arriveAt(room.listeners, 2, room);
    for (const [at, { reader, arrived }] of room.listeners.entries()) {
      await expect.poll(() => reader.bytesRead - (before[at] ?? 0)).toBeGreaterThan(2 * LONG_BYTES);
      expect(arrived).toEqual([1, 2]);
    }
  });

  rowTest(row, "reads nothing while a reader is paused, and loses nothing", async () => {
    const room = await openRoom(row, { readers: 2 });
    const [paused, other] = room.listeners;
    if (paused === undefined || other === undefined) throw new Error("no member joined");
    paused.reader.pause();
    room.publisher.publish(1, TEXT_BYTES);
    await arriveAt([other], 1, room);
    for (const number of NUMBERS.slice(1)) room.publisher.publish(number, TEXT_BYTES);
    await arriveAt([other], MESSAGES, room);
    expect(paused.arrived).toEqual([]);
    paused.reader.resume();
    await arriveAt(room.listeners, MESSAGES, room);
    expect(paused.arrived).toEqual(NUMBERS);
  });
});

describe.each(LEAN_ROWS)("$name", (row) => {
  rowTest(row, "counts the bytes of every connection", async () => {
    const room = await openRoom(row, { readers: 2 });
    const before = room.listeners.map(({ reader }) => reader.bytesRead);
    for (const bytes of before) expect(bytes).toBeGreaterThan(100);
    room.publisher.publish(1, TEXT_BYTES);
    await arriveAt(room.listeners, 1, room);
    for (const [at, { reader }] of room.listeners.entries()) {
      // An event has some 140 bytes, and a poll's answer a head.
      expect(reader.bytesRead - (before[at] ?? 0)).toBeGreaterThan(140);
      expect(reader.bytesRead - (before[at] ?? 0)).toBeLessThan(600);
      expect(reader.bytesWritten).toBeGreaterThan(50);
      expect(reader.reads).toBeGreaterThanOrEqual(2);
    }
    expect(room.publisher.bytesWritten).toBeGreaterThan(100);
  });

  rowTest(row, "has its version and its settings", () => {
    expect(row.version).toMatch(/^\S+ \d+\.\d+\.\d+$/);
    expect(row.setting).toContain("ublished");
    expect(row).toMatchObject({ kind: "peer", resumes: false });
  });
});

describe.each(ROWS.filter(({ leg }) => leg === "websocket"))("$name is duplex", (row) => {
  rowTest(row, "returns a reader's own message and delivers it to the others", async () => {
    const room = await openRoom(row, { readers: 2 });
    const speaker = room.listeners[0]?.reader;
    speaker?.publish?.(1, TEXT_BYTES);
    await arriveAt(room.listeners, 1, room);
    speaker?.publish?.(2, TEXT_BYTES);
    await arriveAt(room.listeners, 2, room);
    for (const { arrived } of room.listeners) expect(arrived).toEqual([1, 2]);
  });
});

describe.each(ROWS.filter(({ resumes }) => resumes))("$name resumes", (row) => {
  rowTest(row, "continues at the position of a reader that reconnects", async () => {
    const room = await openRoom(row, { readers: 2, track: true });
    const [leaving, staying] = room.listeners;
    if (leaving === undefined || staying === undefined) throw new Error("no member joined");
    room.publisher.publish(1, TEXT_BYTES);
    room.publisher.publish(2, TEXT_BYTES);
    await arriveAt(room.listeners, 2, room);
    leaving.reader.close();
    room.publisher.publish(3, TEXT_BYTES);
    room.publisher.publish(4, TEXT_BYTES);
    await arriveAt([staying], 4, room);
    const back = await openListener(row, room.url, leaving.reader.position(), room.failures, true, 2);
    room.publisher.publish(5, TEXT_BYTES);
    await arriveAt([back], 3, room);
    expect(leaving.arrived).toEqual([1, 2]);
    expect(back.arrived).toEqual([3, 4, 5]);
  });
});

describe.each(SOCKET_IO_ROWS)("Socket.IO's ping to $name", (row) => {
  const PING_MS = 300;
  const TIMEOUT_MS = 900;
  /** This many pings take longer than the server waits for a pong. */
  const PINGS = (2 * (PING_MS + TIMEOUT_MS)) / PING_MS;
  /** The ping, and, where a pong is posted, the response to that. */
  const READS = row.name === "socket-io-polling" ? 2 : 1;

  rowTest(row, "answers pings, so that the server keeps the connection", async () => {
    const room = await openRoom(row, { readers: 2, args: [String(PING_MS), String(TIMEOUT_MS)] });
    const reader = room.listeners[0]?.reader;
    const enough = (reader?.reads ?? 0) + PINGS * READS;
    const pinged = (): boolean => room.failures.length > 0 || (reader?.reads ?? 0) >= enough;
    await expect.poll(pinged).toBe(true);
    expect(room.failures).toEqual([]);
    room.publisher.publish(1, TEXT_BYTES);
    await arriveAt(room.listeners, 1, room);
  });
});
