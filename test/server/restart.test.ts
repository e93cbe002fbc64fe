import { afterEach, describe, expect, test } from "vitest";
import { type ChatClient, connect } from "../../src/client/index.ts";
import type { ConnectionState } from "../../src/client/types.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { endAll, run } from "../support/command.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom } from "../support/ids.ts";
import { testPlatform } from "../support/platform.ts";
import { pace, until, within } from "../support/wait.ts";

const READERS_PER_TRANSPORT = 8;
const STREAMS = clientTransports.filter(({ streaming }) => streaming).map(({ name }) => name);
const PAUSE_MS = 5;
/** Acknowledged messages before the restart, and after it. */
const ENOUGH = 150;
/**
 * The server spreads its readers over 2 s at random: of 16, more than this share in one quarter of a second, or all within
 * less than that span, happens once in 100,000 times.
 */
const MOST_AT_ONCE = 0.7;
const QUARTER_MS = 250;
const LEAST_SPAN_MS = 750;

afterEach(endAll);

/** A client, all it has been delivered, and what it did about its connection. */
class Reader implements AsyncDisposable {
  readonly client: ChatClient;
  readonly transport: string;
  readonly seqs: number[] = [];
  readonly texts = new Map<number, string>();
  /** By which it was told to come back, in ms from the moment it was told. */
  readonly comebacks: number[] = [];
  readonly gaps: unknown[] = [];
  readonly #read: Promise<void>;

  constructor(url: URL, room: string, transport: string, name: string) {
    this.transport = transport;
    this.client = connect({ url, room, name, transport, platform: testPlatform() });
    this.client.watch((state) => this.#note(state));
    this.#read = this.#collect();
  }

  get live(): boolean {
    return this.client.state.kind === "live";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await within("the end of the client's iteration", this.#read);
  }

  #note(state: ConnectionState): void {
    if (state.kind === "reconnecting" && state.inMs !== null && state.attempt === 1) this.comebacks.push(state.inMs);
  }

  async #collect(): Promise<void> {
    for await (const { event } of this.client) {
      if (event.type === "gap") this.gaps.push(event);
      if (!("seq" in event)) continue;
      this.seqs.push(event.seq);
      if (event.type === "message") this.texts.set(event.seq, event.text);
    }
  }
}

/** Sends one message after the other until `enough`, whatever happens to the server meanwhile; gives what was acknowledged. */
async function publish(reader: Reader, acknowledged: Map<number, string>, enough: () => boolean): Promise<void> {
  for (let n = 0; !enough(); n += 1) {
    const text = `${reader.transport} ${n}`;
    const seq = await reader.client.send(text);
    if (acknowledged.has(seq)) throw new Error(`seq ${seq} was given to "${text}" and "${acknowledged.get(seq)}"`);
    acknowledged.set(seq, text);
    await pace(PAUSE_MS);
  }
}

describe("SIGTERM under load, and the next process on the same port and file", () => {
  test("nothing is lost, duplicated or reordered on any transport, and clients come back spread", async () => {
    using folder = new Folder();
    const start = (port: string) => run(["--port", port, "--rate-limit", "off", "--log", "info"], { cwd: folder.path });
    const first = start("0");
    const url = await first.listening();
    const room = freshRoom();
    await using stack = new AsyncDisposableStack();
    const readers = clientTransports.flatMap(({ name }) =>
      Array.from({ length: READERS_PER_TRANSPORT }, (_, n) => stack.use(new Reader(url, room, name, `${name} ${n}`))),
    );
    await until("all to be live", () => readers.every(({ live }) => live));

    const acknowledged = new Map<number, string>();
    let enough = false;
    const publishers = clientTransports.flatMap(
      ({ name }) => readers.find(({ transport }) => transport === name) ?? [],
    );
    const publishing = Promise.all(publishers.map((reader) => publish(reader, acknowledged, () => enough)));
    await until(`${ENOUGH} acknowledged messages`, () => acknowledged.size >= ENOUGH);
    for (const { comebacks } of readers) comebacks.length = 0;

    first.child.kill("SIGTERM");
    expect(await within("the end of the drain", first.exit)).toBe(0);
    expect(first.output.out).toContain('"msg":"drained"');
    const before = acknowledged.size;
    await start(url.port).listening();
    await until("all to be live again", () => readers.every(({ live }) => live));
    await until(`${ENOUGH} more`, () => acknowledged.size >= before + ENOUGH);
    enough = true;
    await within("the publishers' last replies", publishing);

    const last = Math.max(...acknowledged.keys());
    await until("all to have read up to the last", () => readers.every(({ seqs }) => (seqs.at(-1) ?? 0) >= last));
    for (const { seqs, texts, gaps, transport } of readers) {
      expect(gaps, transport).toEqual([]);
      expect(seqs, transport).toEqual(seqs.map((_, n) => (seqs[0] ?? 0) + n));
      const missing = [...acknowledged].filter(([seq, text]) => texts.get(seq) !== text);
      expect(missing, transport).toEqual([]);
    }
    // A text under two numbers would be one message said twice.
    const said = new Set(readers.flatMap(({ texts }) => [...texts.values()]));
    expect(said.size).toBe(Math.max(...readers.map(({ texts }) => texts.size)));
    // Who polls may be told nothing: between two polls it meets a closed port, and comes back by its own back-off.
    const told = readers.filter(({ transport }) => STREAMS.includes(transport));
    expectSpread(told.flatMap(({ comebacks }) => comebacks.slice(0, 1)));
  });
});

/** Checks that no quarter of a second has more than its share of the reconnects. */
function expectSpread(comebacks: readonly number[]): void {
  expect(comebacks).toHaveLength(READERS_PER_TRANSPORT * STREAMS.length);
  const sorted = comebacks.toSorted((one, other) => one - other);
  expect((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)).toBeGreaterThan(LEAST_SPAN_MS);
  for (const from of sorted) {
    const together = sorted.filter((ms) => ms >= from && ms < from + QUARTER_MS).length;
    expect(together / sorted.length).toBeLessThanOrEqual(MOST_AT_ONCE);
  }
}
