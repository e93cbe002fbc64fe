import { afterEach, describe, expect, it } from "vitest";
import type { Row } from "../../bench/contract.ts";
import type { Credentials, Publisher, Reader } from "../../bench/generator/dialect.ts";
import { startServerProcess } from "../../bench/measure/server-process.ts";
import { PhraseFinder } from "../../bench/peers/faye/phrase-finder.ts";
import { FAYE_ROWS } from "../../bench/peers/faye/rows.ts";
import { MetaScanner } from "../../bench/peers/nchan/meta-scanner.ts";
import { NCHAN_ROWS } from "../../bench/peers/nchan/rows.ts";
import { ChunkedAnswers } from "../../bench/peers/sockjs/chunked.ts";
import { SOCKJS_ROWS } from "../../bench/peers/sockjs/rows.ts";

const READERS = 20;
const MESSAGES = 50;
const TEXT_BYTES = 40;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A reader and what has come to it. */
interface Heard {
  readonly reader: Reader;
  readonly numbers: readonly number[];
  /** Resolves when the number has come; rejects when the reader breaks off. */
  until(number: number): Promise<void>;
}

async function startServer(row: Row): Promise<URL> {
  const server = await startServerProcess(row.server(READERS), { cpu: null });
  endings.push(server.stop);
  return server.url;
}

function openReader(row: Row, url: URL, credentials: Credentials, track = false, link = 1): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const numbers: number[] = [];
    const waiting = new Map<number, () => void>();
    const broken = Promise.withResolvers<never>();
    broken.promise.catch(reject);
    const until = (number: number): Promise<void> => {
      if (numbers.includes(number)) return Promise.resolve();
      return Promise.race([new Promise<void>((come) => waiting.set(number, come)), broken.promise]);
    };
    const reader = row.dialect.openReader({
      url,
      credentials,
      track,
      link,
      events: {
        opened: () => resolve({ reader, numbers, until }),
        arrived: (number) => {
          numbers.push(number);
          waiting.get(number)?.();
        },
        broke: (why) => broken.reject(new Error(`a reader of ${row.name} broke off: ${why}`)),
      },
    });
    endings.push(() => reader.close());
  });
}

function openPublisher(row: Row, url: URL, credentials: Credentials): Promise<Publisher> {
  return new Promise((resolve, reject) => {
    const publisher = row.dialect.openPublisher({
      url,
      credentials,
      events: {
        opened: () => resolve(publisher),
        broke: (why) => reject(new Error(`the publisher broke off: ${why}`)),
      },
    });
    endings.push(() => publisher.close());
  });
}

async function enter(row: Row, url: URL, count: number): Promise<[Credentials, ...Credentials[]]> {
  const [first, ...others] = await row.dialect.enter(url, count);
  if (first === undefined) throw new RangeError("nobody has entered");
  return [first, ...others];
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1);
}

const rows = [...SOCKJS_ROWS, ...FAYE_ROWS, ...NCHAN_ROWS];

function installed(row: Row, name: string, test: () => Promise<void>): void {
  it.skipIf(row.missing !== null)(row.missing === null ? name : `${name} (skipped: ${row.missing})`, test);
}

describe.each(rows)("$name", (row) => {
  installed(row, "every reader gets every message once and in order", async () => {
    const url = await startServer(row);
    const [first, ...members] = await enter(row, url, READERS + 1);
    const readers = await Promise.all(members.map((member) => openReader(row, url, member)));
    expect(readers).toHaveLength(READERS);
    const publisher = await openPublisher(row, url, first);
    // One by one, then all the others at once; the last one shows that nothing came twice before it.
    publisher.publish(1, TEXT_BYTES);
    await Promise.all(readers.map(({ until }) => until(1)));
    for (let number = 2; number < MESSAGES; number += 1) publisher.publish(number, TEXT_BYTES);
    await Promise.all(readers.map(({ until }) => until(MESSAGES - 1)));
    publisher.publish(MESSAGES, TEXT_BYTES);
    await Promise.all(readers.map(({ until }) => until(MESSAGES)));
    for (const { reader, numbers } of readers) {
      expect(numbers).toEqual(upTo(MESSAGES));
      expect(reader.bytesRead).toBeGreaterThan(MESSAGES * TEXT_BYTES);
      expect(reader.bytesWritten).toBeGreaterThan(0);
      expect(reader.reads).toBeGreaterThan(0);
    }
  });

  installed(row, "what a paused reader did not read comes when it goes on", async () => {
    const url = await startServer(row);
    const [first, member, other] = await enter(row, url, 3);
    if (member === undefined || other === undefined) throw new RangeError("too few have entered");
    const [paused, awake] = await Promise.all([openReader(row, url, member), openReader(row, url, other)]);
    const publisher = await openPublisher(row, url, first);
    paused.reader.pause();
    publisher.publish(1, TEXT_BYTES);
    await awake.until(1);
    publisher.publish(2, TEXT_BYTES);
    await awake.until(2);
    expect(paused.numbers).toEqual([]);
    paused.reader.resume();
    await paused.until(2);
    expect(paused.numbers).toEqual([1, 2]);
  });
});

describe.each(rows.filter(({ leg }) => leg === "websocket"))("$name is duplex", (row) => {
  installed(row, "a member's own message comes back to it and goes to the others", async () => {
    const url = await startServer(row);
    const [member, other] = await enter(row, url, 3).then(([, ...members]) => members);
    if (member === undefined || other === undefined) throw new RangeError("too few have entered");
    const [speaker, listener] = await Promise.all([openReader(row, url, member), openReader(row, url, other)]);
    speaker.reader.publish?.(1, TEXT_BYTES);
    await Promise.all([speaker.until(1), listener.until(1)]);
    speaker.reader.publish?.(2, TEXT_BYTES);
    await Promise.all([speaker.until(2), listener.until(2)]);
    expect([speaker.numbers, listener.numbers]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

describe.each(rows.filter(({ resumes }) => resumes))("$name resumes", (row) => {
  installed(row, "a reader that comes back reads on from its place", async () => {
    const url = await startServer(row);
    const [first, member, other] = await enter(row, url, 3);
    if (member === undefined || other === undefined) throw new RangeError("too few have entered");
    const [leaving, staying] = await Promise.all([openReader(row, url, member, true), openReader(row, url, other)]);
    const publisher = await openPublisher(row, url, first);
    publisher.publish(1, TEXT_BYTES);
    publisher.publish(2, TEXT_BYTES);
    await Promise.all([leaving.until(2), staying.until(2)]);
    leaving.reader.close();
    publisher.publish(3, TEXT_BYTES);
    publisher.publish(4, TEXT_BYTES);
    await staying.until(4);
    const back = await openReader(row, url, leaving.reader.place(), true, 2);
    publisher.publish(5, TEXT_BYTES);
    await back.until(5);
    expect(leaving.numbers).toEqual([1, 2]);
    expect(back.numbers).toEqual([3, 4, 5]);
  });
});

/** All ways to cut bytes into three. */
function* cuts(bytes: Buffer): Generator<readonly Buffer[]> {
  for (let one = 0; one <= bytes.length; one += 1) {
    for (let two = one; two <= bytes.length; two += 1) {
      yield [bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)];
    }
  }
}

describe("what readers look for, wherever the chunks are cut", () => {
  it("a message's id and its stamp", () => {
    const bytes = Buffer.from("id: 17:0\ndata: #0000000001\n\nid: 17:1\ndata: x\n\nid: 18:0\ndata: a#0000000002\n\n");
    for (const chunks of cuts(bytes)) {
      const found: [number, string][] = [];
      const scanner = new MetaScanner((number, id) => found.push([number, id]));
      for (const chunk of chunks) scanner.scan(chunk);
      expect(found).toEqual([
        [1, "17:0"],
        [2, "18:0"],
      ]);
    }
  });

  it("a phrase, as often as it comes", () => {
    for (const chunks of cuts(Buffer.from('//"/meta/connect"/me'))) {
      const finder = new PhraseFinder('"/meta/');
      expect(chunks.filter((chunk) => finder.endsIn(chunk))).toHaveLength(1);
    }
  });

  it("the end of a chunked answer, and its status", () => {
    const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\no\n\r\n0\r\n\r\n";
    for (const chunks of cuts(Buffer.from(answer))) {
      const answers = new ChunkedAnswers();
      const statuses = chunks.map((chunk) => answers.read(chunk)).filter((status) => status !== null);
      expect(statuses).toEqual([200]);
      expect(answers.read(Buffer.from(answer.replace("200", "404")))).toBe(404);
    }
  });
});
