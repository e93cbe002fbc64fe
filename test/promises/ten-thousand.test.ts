import { afterEach, expect, test } from "vitest";
import { NodeProxy } from "../../scripts/cluster/node-proxy.ts";
import { redis } from "../../scripts/setup/tools.ts";
import type { Settings } from "../../src/chat/settings.ts";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { Api } from "../support/api.ts";
import { freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { pick, seeded } from "../support/random.ts";
import { RedisServer } from "../support/redis.ts";
import { PATIENCE_MS, pace, until } from "../support/wait.ts";

const names = clientTransports.map(({ name }) => name);
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

/**
 * The stated rate: 10,000 messages at 1,000 a second, of which the replay window of 10,000 events holds ten seconds, far
 * more than any switch takes. It is an open loop: a publisher does not wait for one answer before the next message.
 */
const MESSAGES = 10_000;
/** Over Redis, where one machine runs everything and each command is a request to a proxy. */
const MESSAGES_OVER_REDIS = 1_000;
const PER_SECOND = 1_000;
/** A publisher waits only on a machine too slow for the rate, when this many messages have no answer yet. */
const UNANSWERED = 1_000;
const READERS = 6;
const SEED = 20_250_711;

/** Starts servers; resolves to where they are reached. */
type Start = (settings?: Partial<Settings>) => Promise<URL>;

const inMemory: Start = async (settings = {}) => {
  const server = await startServer({ rateLimit: false, settings });
  open.push({ [Symbol.asyncDispose]: () => server.close() });
  return server.url;
};

/** Two nodes on a Redis of their own, behind a proxy that sends each request to the other one. */
const onTwoNodes: Start = async (settings = {}) => {
  const { url: redisUrl } = keep(await RedisServer.start());
  const urls: URL[] = [];
  while (urls.length < 2) {
    const store = { kind: "redis", url: redisUrl, prefix: "sk", durability: "process" } as const;
    const server = await startServer({ rateLimit: false, settings, store, trustProxy: ["127.0.0.1"] });
    open.push({ [Symbol.asyncDispose]: () => server.close() });
    urls.push(server.url);
  }
  return keep(await NodeProxy.start(urls)).url;
};

function keep<Kept extends AsyncDisposable>(kept: Kept): Kept {
  open.push(kept);
  return kept;
}

test(
  "readers that switch at random get one list of 10,000 messages from publishers on every transport",
  {
    timeout: 5 * PATIENCE_MS,
  },
  () => switchUnderLoad(inMemory, MESSAGES),
);

test.each(names)(
  "a reader on %s that falls out of the window gets one gap event with the number it missed",
  (transport) => fallOutOfWindow(inMemory, transport),
);

describeWith("over Redis", [redis], () => {
  test(
    "readers that switch at random between transports and two nodes get one list",
    {
      timeout: 5 * PATIENCE_MS,
    },
    () => switchUnderLoad(onTwoNodes, MESSAGES_OVER_REDIS),
  );

  test.each(names)("a reader on %s that falls out of the window of two nodes gets one gap event", (transport) =>
    fallOutOfWindow(onTwoNodes, transport),
  );
});

async function switchUnderLoad(start: Start, messages: number): Promise<void> {
  const server = await start();
  const room = freshRoom();
  const random = seeded(SEED);
  const join = async (name: string, transport: string): Promise<Listener> => {
    const listener = await Listener.open(server, { room, name, transport });
    return keep(listener);
  };
  const readers: Listener[] = [];
  for (let n = 0; n < READERS; n += 1) readers.push(await join(`reader ${n}`, pick(names, random)));
  const publishers = await Promise.all(names.map((name) => join(`publisher on ${name}`, name)));

  let publishing = true;
  let switches = 0;
  const switching = readers.map(async (reader) => {
    while (publishing) {
      await pace(100 + 400 * random());
      const target = pick(names, random);
      if (target === reader.transport) continue;
      await reader.client.switchTo(target);
      switches += 1;
    }
  });

  const seqs = await publish(publishers, messages);
  publishing = false;
  await Promise.all(switching);

  // The numbers the publishers were answered with are all there is: none missing, none given twice.
  const sorted = seqs.toSorted((a, b) => a - b);
  expect(new Set(sorted).size).toBe(messages);
  const first = sorted[0] ?? 0;
  expect(sorted.at(-1)).toBe(first + messages - 1);
  for (const reader of [...readers, ...publishers]) {
    await reader.untilTexts(messages);
    expect(reader.messages.map(({ seq }) => seq)).toEqual(sorted);
    expect(reader.texts).toEqual(readers[0]?.texts);
    expect(reader.gaps).toEqual([]);
  }
  // Each publisher's own messages are in the order in which it was answered.
  for (const { client } of publishers) {
    const own = readers[0]?.messages.filter(({ from }) => from.id === client.member?.id) ?? [];
    expect(own).toHaveLength(messages / publishers.length);
  }
  expect(switches).toBeGreaterThan((READERS * messages) / 2_000);
}

/** Sends all messages at the stated rate, by turns from each publisher; resolves to their seqs. */
async function publish(publishers: readonly Listener[], messages: number): Promise<number[]> {
  const answers: Promise<number>[] = [];
  let answered = 0;
  const begun = performance.now();
  while (answers.length < messages) {
    const due = Math.min(messages, Math.floor(((performance.now() - begun) / 1_000) * PER_SECOND));
    while (answers.length < due && answers.length - answered < UNANSWERED) {
      const n = answers.length;
      const publisher = publishers[n % publishers.length];
      if (publisher === undefined) throw new Error("there is no publisher");
      const answer = publisher.client.send(`message ${n}`);
      void answer.then(() => (answered += 1)).catch(() => undefined);
      answers.push(answer);
    }
    await pace(5);
  }
  return Promise.all(answers);
}

async function fallOutOfWindow(start: Start, transport: string): Promise<void> {
  const window = 200;
  const server = await start({ replayEvents: window });
  const room = freshRoom();
  const reader = await Listener.open(server, { room, name: "reader", transport });
  keep(reader);
  const api = new Api(server);
  const { session } = await api.openSession(room, "publisher");
  const speak = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n += 1) await api.execute(session, say(`message ${n}`));
  };
  await speak(1, 50);
  await reader.untilTexts(50);
  reader.proxy.refusing = true;
  await until("the client to have noticed", () => reader.client.state.kind === "reconnecting");
  await speak(51, 500);
  reader.proxy.refusing = false;
  await until("the gap", () => reader.gaps.length > 0);
  await speak(501, 520);
  await until("the last message", () => reader.texts.at(-1) === "message 520");

  const [gap, ...others] = reader.gaps;
  expect(others).toEqual([]);
  const at = reader.events.findIndex((event) => event.type === "gap");
  const before = reader.events.slice(0, at).filter((event) => event.type === "message");
  const after = reader.events.slice(at).filter((event) => event.type === "message");
  expect(before.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, n) => `message ${n + 1}`));
  // What came before the gap, what it says was missed, and what came after it are together all there was.
  expect(before.length + (gap?.missed ?? 0) + after.length).toBe(520);
  const seqs = after.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, n) => (seqs[0] ?? 0) + n));
  expect(after.length).toBeGreaterThanOrEqual(window);
  expect(after[0]?.text).toBe(`message ${51 + (gap?.missed ?? 0)}`);
}
