import { afterEach, describe, expect, it } from "vitest";
import type { Row } from "../../bench/contract.ts";
import type { Publisher, Reader } from "../../bench/generator/dialect.ts";
import { type ServerProcess, startServerProcess } from "../../bench/measure/server-process.ts";
import { BETTER_SSE_ROWS } from "../../bench/peers/better-sse/rows.ts";
import { BUN_ROWS } from "../../bench/peers/bun/rows.ts";
import { SOCKET_IO_ROWS } from "../../bench/peers/socket-io/rows.ts";
import { WS_ROWS } from "../../bench/peers/ws/rows.ts";

const ROWS = [...WS_ROWS, ...SOCKET_IO_ROWS, ...BETTER_SSE_ROWS, ...BUN_ROWS];
const READERS = 20;
const MESSAGES = 50;
const TEXT_BYTES = 24;
const LONG_BYTES = 16_384;
const NUMBERS = Array.from({ length: MESSAGES }, (_, at) => at + 1);

interface Listener {
  readonly reader: Reader;
  readonly arrived: number[];
}

/** A row's server with a room on it; `broken` holds what went wrong with any connection. */
interface Room {
  readonly listeners: readonly Listener[];
  readonly publisher: Publisher;
  readonly broken: string[];
}

const running: ServerProcess[] = [];
const open: { close(): void }[] = [];

afterEach(async () => {
  for (const connection of open.splice(0)) connection.close();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function openRoom({ dialect, server }: Row, readers = READERS, args: readonly string[] = []): Promise<Room> {
  const child = await startServerProcess([...server(readers), ...args], { cpu: null });
  running.push(child);
  const [first, ...others] = await dialect.enter(child.url, readers + 1);
  if (first === undefined) throw new Error("nobody entered");
  const broken: string[] = [];
  const broke = (why: string): void => void broken.push(why);
  const listeners = await Promise.all(
    others.map((credentials) => {
      const arrived: number[] = [];
      return opened(broke, ({ opened, broke }) => {
        const events = { opened, broke, arrived: (number: number) => void arrived.push(number) };
        const reader = dialect.openReader({ url: child.url, credentials, events, track: false, link: 1 });
        open.push(reader);
        return { reader, arrived };
      });
    }),
  );
  const publisher = await opened(broke, (events) => {
    const made = dialect.openPublisher({ url: child.url, credentials: first, events });
    open.push(made);
    return made;
  });
  return { listeners, publisher, broken };
}

/** What `make` gives, once it has said that it is open; rejects when it breaks first. */
function opened<Made>(
  broke: (why: string) => void,
  make: (events: { opened(): void; broke(why: string): void }) => Made,
): Promise<Made> {
  return new Promise((resolve, reject) => {
    const made = make({
      opened: () => queueMicrotask(() => resolve(made)),
      broke: (why) => {
        broke(why);
        reject(new Error(why));
      },
    });
  });
}

async function everyoneHas({ listeners, broken }: Room, count: number): Promise<void> {
  await expect
    .poll(() => broken.length > 0 || listeners.every(({ arrived }) => arrived.length >= count), { timeout: 20_000 })
    .toBe(true);
  expect(broken).toEqual([]);
}

describe.each(ROWS)("$name", (row) => {
  const because = row.missing === null ? "" : ` (skipped: ${row.missing})`;

  it.skipIf(row.missing !== null)(`brings every message to every reader, once and in order${because}`, async () => {
    const room = await openRoom(row);
    for (const number of NUMBERS) {
      room.publisher.publish(number, TEXT_BYTES);
      // One at a time, then the rest at once: a burst must come through whole as well.
      if (number <= MESSAGES / 2) await everyoneHas(room, number);
    }
    await everyoneHas(room, MESSAGES);
    for (const { arrived } of room.listeners) expect(arrived).toEqual(NUMBERS);
  });

  it.skipIf(row.missing !== null)(`brings long texts whole${because}`, async () => {
    const room = await openRoom(row, 2);
    const before = room.listeners.map(({ reader }) => reader.bytesRead);
    room.publisher.publish(1, LONG_BYTES);
    room.publisher.publish(2, LONG_BYTES);
    await everyoneHas(room, 2);
    for (const [at, { reader, arrived }] of room.listeners.entries()) {
      await expect.poll(() => reader.bytesRead - (before[at] ?? 0)).toBeGreaterThan(2 * LONG_BYTES);
      expect(arrived).toEqual([1, 2]);
    }
  });

  it.skipIf(row.missing !== null)(`counts the bytes of every connection${because}`, async () => {
    const room = await openRoom(row, 2);
    const before = room.listeners.map(({ reader }) => reader.bytesRead);
    for (const bytes of before) expect(bytes).toBeGreaterThan(100);
    room.publisher.publish(1, TEXT_BYTES);
    await everyoneHas(room, 1);
    for (const [at, { reader }] of room.listeners.entries()) {
      // An event has some 140 bytes; a poll's answer has a head as well.
      expect(reader.bytesRead - (before[at] ?? 0)).toBeGreaterThan(140);
      expect(reader.bytesRead - (before[at] ?? 0)).toBeLessThan(600);
      expect(reader.bytesWritten).toBeGreaterThan(50);
      expect(reader.reads).toBeGreaterThanOrEqual(2);
    }
    expect(room.publisher.bytesWritten).toBeGreaterThan(100);
  });

  it.skipIf(row.missing !== null)(`stops reading while paused, and loses nothing by it${because}`, async () => {
    const room = await openRoom(row, 2);
    const [paused, other] = room.listeners;
    paused?.reader.pause();
    for (const number of NUMBERS) room.publisher.publish(number, TEXT_BYTES);
    await expect.poll(() => other?.arrived.length, { timeout: 20_000 }).toBe(MESSAGES);
    expect(paused?.arrived.length).toBeLessThan(MESSAGES);
    paused?.reader.resume();
    await everyoneHas(room, MESSAGES);
    expect(paused?.arrived).toEqual(NUMBERS);
  });

  it.skipIf(row.missing !== null)(`names its version and how it is set up${because}`, () => {
    expect(row.version).toMatch(/^\S+ \d+\.\d+\.\d+$/);
    expect(row.setting).toContain("ublished");
    expect(row).toMatchObject({ kind: "peer", resumes: false });
  });
});

describe.each(ROWS.filter(({ leg }) => leg === "websocket"))("$name", (row) => {
  const because = row.missing === null ? "" : ` (skipped: ${row.missing})`;

  it.skipIf(row.missing !== null)(`echoes what a reader publishes${because}`, async () => {
    const room = await openRoom(row, 2);
    room.listeners[0]?.reader.publish?.(1, TEXT_BYTES);
    await everyoneHas(room, 1);
    for (const { arrived } of room.listeners) expect(arrived).toEqual([1]);
  });
});

describe.each(SOCKET_IO_ROWS)("Socket.IO's ping to $name", (row) => {
  const PING_MS = 300;
  const TIMEOUT_MS = 900;
  /** As many pings take longer than an unanswered one is borne. */
  const PINGS = (2 * (PING_MS + TIMEOUT_MS)) / PING_MS;
  /** The ping, and where a pong is posted, the answer to that. */
  const READS = row.name === "socket-io-polling" ? 2 : 1;
  const because = row.missing === null ? "" : ` (skipped: ${row.missing})`;

  it.skipIf(row.missing !== null)(`is answered, or the server would end the connection${because}`, async () => {
    const room = await openRoom(row, 2, [String(PING_MS), String(TIMEOUT_MS)]);
    const reader = room.listeners[0]?.reader;
    const enough = (reader?.reads ?? 0) + PINGS * READS;
    const pinged = (): boolean => room.broken.length > 0 || (reader?.reads ?? 0) >= enough;
    await expect.poll(pinged, { timeout: 20_000 }).toBe(true);
    expect(room.broken).toEqual([]);
    room.publisher.publish(1, TEXT_BYTES);
    await everyoneHas(room, 1);
  });
});
