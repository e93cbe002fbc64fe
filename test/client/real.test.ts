import { afterEach, describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import type { ChatClient, ConnectionState, ConnectOptions, Delivery } from "../../src/client/types.ts";
import { SendError } from "../../src/client/types.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { freshRoom } from "../support/ids.ts";
import { testPlatform } from "../support/platform.ts";
import { FaultProxy } from "../support/proxy.ts";
import { pick, seeded } from "../support/random.ts";
import { pace, until, within } from "../support/wait.ts";

const names = clientTransports.map(({ name }) => name);
const disposals: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

async function serve(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startServer({ rateLimit: false, ...options });
  disposals.push(() => server.close());
  return server;
}

async function proxied(server: RunningServer): Promise<FaultProxy> {
  const proxy = await FaultProxy.open(server.url);
  disposals.push(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

interface Person {
  readonly client: ChatClient;
  readonly deliveries: Delivery[];
  readonly states: ConnectionState[];
  texts(): string[];
  live(transport?: string): Promise<unknown>;
}

function person(url: URL, options: Partial<ConnectOptions> & { readonly room: string }): Person {
  const client = connect({ url, name: "Ada", platform: testPlatform(), ...options });
  disposals.push(() => client.close());
  const deliveries: Delivery[] = [];
  const states: ConnectionState[] = [];
  client.watch((state) => states.push(state));
  void (async () => {
    for await (const delivery of client) deliveries.push(delivery);
  })();
  return {
    client,
    deliveries,
    states,
    texts: () => deliveries.flatMap(({ event }) => (event.type === "message" ? [event.text] : [])),
    live: (transport) =>
      until(`a live link${transport === undefined ? "" : ` by ${transport}`}`, () => {
        const { state } = client;
        return state.kind === "live" && (transport === undefined || state.transport === transport);
      }),
  };
}

describe.each(names)("a client on %s", (transport) => {
  test("two clients talk, see each other come, type and go, and leave", async () => {
    const server = await serve();
    const room = freshRoom();
    const ada = person(server.url, { room, transport });
    await ada.live(transport);
    const bob = person(server.url, { room, name: "Bob" });
    await bob.live();
    await until("Bob's coming", () => ada.deliveries.some(({ event }) => event.type === "joined"));
    const seq = await ada.client.send("hello, größe 🚀\r\n\0");
    await bob.client.send("hello yourself");
    await until("both texts at both", () => ada.texts().length === 2 && bob.texts().length === 2);
    expect(bob.texts()).toEqual(["hello, größe 🚀\r\n\0", "hello yourself"]);
    expect(ada.texts()).toEqual(bob.texts());
    const own = ada.deliveries.find(({ event }) => event.type === "message" && event.seq === seq);
    expect(own).toMatchObject({ by: transport, event: { via: transport } });
    expect(own?.latencyMs).toBeGreaterThan(0);
    expect(await ada.client.members()).toMatchObject({ count: 2 });
    const cursor = ada.client.resumption?.cursor;
    if (cursor === undefined) throw new Error("no cursor");
    expect((await ada.client.history(cursor, 2)).events.map((event) => event.type)).toEqual(["message", "message"]);
    await bob.client.leave();
    await until("Bob's going", () => ada.deliveries.some(({ event }) => event.type === "left"));
    await ada.client.leave();
    expect(ada.client.state).toEqual({ kind: "closed", because: { kind: "left" } });
    await until("no reader left at the server", () => server.counts.connections === 0);
  });

  test("messages sent at once keep their order", async () => {
    const server = await serve();
    const ada = person(server.url, { room: freshRoom(), transport });
    const texts = Array.from({ length: 30 }, (_, index) => `message ${index}`);
    const seqs = await Promise.all(texts.map((text) => ada.client.send(text)));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    await until("all of them", () => ada.texts().length === texts.length);
    expect(ada.texts()).toEqual(texts);
  });

  test("a client reconnects after cuts with nothing lost, duplicated or out of order, and shows what was replayed", async () => {
    const server = await serve();
    const proxy = await proxied(server);
    const room = freshRoom();
    const bob = person(server.url, { room, name: "Bob", transport: "websocket" });
    await bob.live();
    const ada = person(proxy.url, { room, transport });
    await ada.live();
    const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`);
    const sending: Promise<number>[] = [];
    for (const [index, text] of texts.entries()) {
      sending.push((index % 2 === 0 ? ada : bob).client.send(text));
      if (index % 20 === 10) proxy.cut();
      await pace(2);
    }
    await within("all acknowledgements", Promise.all(sending));
    await until("all texts at both", () => ada.texts().length >= texts.length && bob.texts().length >= texts.length);
    expect(ada.texts()).toEqual(bob.texts());
    expect(ada.texts().toSorted()).toEqual(texts.toSorted());
    // Between two polls there is no connection to cut, so a short poller may rightly have noticed nothing.
    if (transport === "short-polling") return;
    expect(ada.states.some((state) => state.kind === "live" && state.since.kind === "resumed")).toBe(true);
  });

  test("the next visit resumes as the same member and gets what it missed", async () => {
    const server = await serve();
    const room = freshRoom();
    const first = person(server.url, { room, transport });
    await first.live();
    const { resumption, member } = first.client;
    if (resumption === null) throw new Error("nothing to resume");
    first.client.close();
    const bob = person(server.url, { room, name: "Bob" });
    await bob.client.send("while you were away");
    const second = person(server.url, { room, transport, resume: resumption });
    expect(await second.client.opened).toMatchObject({ resumed: true, member: { id: member?.id } });
    await until("what was missed", () => second.texts().length === 1);
    await second.live();
    expect(second.states.at(-1)).toMatchObject({ since: { kind: "resumed", replayed: 2 } });
    expect(second.deliveries.map(({ latencyMs }) => latencyMs)).toEqual([null, null]);
  });

  test("a client whose session is gone continues as a new member and gets a gap", async () => {
    const first = await serve();
    const room = freshRoom();
    const ada = person(first.url, { room, transport });
    await ada.live();
    await ada.client.send("before");
    const before = ada.client.member?.id;
    await first.close();
    const pending = ada.client.send("to nobody").catch((error: unknown) => error);
    await serve({ port: Number(first.url.port) });
    await until("another session", () => ada.client.member?.id !== before);
    await ada.live();
    expect(ada.states.at(-1)).toMatchObject({ since: { kind: "gap", missed: null } });
    expect(await pending).toBeInstanceOf(SendError);
    await ada.client.send("after");
    await until("the text", () => ada.texts().at(-1) === "after");
  });

  test("a client ends when another one takes over its session", async () => {
    const server = await serve({ settings: { supersedeMs: 50 } });
    const room = freshRoom();
    const first = person(server.url, { room, transport });
    await first.live();
    const { resumption } = first.client;
    if (resumption === null) throw new Error("nothing to resume");
    const second = person(server.url, { room, transport, resume: resumption });
    await second.live();
    await until("the first one's end", () => first.client.state.kind === "closed");
    expect(first.client.state).toEqual({ kind: "closed", because: { kind: "superseded" } });
    expect(second.client.state.kind).toBe("live");
  });
});

describe("a drain", () => {
  test.each(names)("a drain sends a client on %s to the next server, with its session", async (transport) => {
    const secret = "a key that outlives the server";
    const first = await serve({ secret, settings: { drainMs: 2_000 } });
    const ada = person(first.url, { room: freshRoom(), transport });
    await ada.live();
    const member = ada.client.member?.id;
    await first.drain();
    await until("the client's going off", () => ada.client.state.kind === "reconnecting");
    await serve({ secret, port: Number(first.url.port) });
    await ada.live();
    expect(ada.client.member?.id).toBe(member);
    expect(await ada.client.send("still me")).toBeGreaterThan(0);
  });
});

describe("switching", () => {
  test("a client switches from each transport to each, under load, with nothing lost, duplicated or out of order", async () => {
    const server = await serve();
    const room = freshRoom();
    const bob = person(server.url, { room, name: "Bob", transport: "websocket" });
    await bob.live();
    const ada = person(server.url, { room, transport: names[0] ?? "auto" });
    await ada.live();
    let sending = true;
    let sent = 0;
    const load = (async () => {
      for (; sending; sent += 1) {
        await Promise.all([bob.client.send(`bob ${sent}`), ada.client.send(`ada ${sent}`)]);
        await pace(1);
      }
    })();
    for (const from of names) {
      for (const to of names) {
        if (from === to) continue;
        await ada.client.switchTo(from);
        await ada.client.switchTo(to);
        expect(ada.client.state).toMatchObject({ kind: "live", transport: to });
      }
    }
    sending = false;
    await load;
    await until("all texts at both", () => ada.texts().length >= 2 * sent && bob.texts().length >= 2 * sent);
    expect(ada.texts()).toEqual(bob.texts());
    expect(new Set(ada.texts()).size).toBe(2 * sent);
    expect(ada.states.filter(({ kind }) => kind === "reconnecting")).toEqual([]);
    await until("one reader each at the server", () => server.counts.connections <= 2);
  });

  test("a client survives random switches while its connections are cut", async () => {
    const server = await serve();
    const proxy = await proxied(server);
    const room = freshRoom();
    const random = seeded(20_260_722);
    const bob = person(server.url, { room, name: "Bob", transport: "websocket" });
    await bob.live();
    const ada = person(proxy.url, { room, transport: "auto" });
    await ada.live();
    const sending: Promise<number>[] = [];
    const switches: Promise<unknown>[] = [];
    const steps = 120;
    for (let step = 0; step < steps; step += 1) {
      sending.push(bob.client.send(`bob ${step}`), ada.client.send(`ada ${step}`));
      if (step % 9 === 0) switches.push(ada.client.switchTo(pick(names, random)).catch(() => undefined));
      if (random() < 0.06) proxy.cut();
      await pace(4);
    }
    await within("all acknowledgements", Promise.all(sending));
    await until("all texts at both", () => ada.texts().length >= 2 * steps && bob.texts().length >= 2 * steps);
    await within("the end of all switches", Promise.all(switches));
    expect(ada.texts()).toEqual(bob.texts());
    expect(new Set(ada.texts()).size).toBe(2 * steps);
    for (const name of ["ada", "bob"]) {
      const own = ada.texts().filter((text) => text.startsWith(name));
      expect(own).toEqual(Array.from({ length: steps }, (_, step) => `${name} ${step}`));
    }
  });

  test("a switch to a transport that the server does not offer fails, and the client stays live", async () => {
    const server = await serve();
    const ada = person(server.url, { room: freshRoom(), transport: "sse" });
    await ada.live();
    await expect(ada.client.switchTo("pigeon")).rejects.toBeInstanceOf(RangeError);
    expect(ada.client.state).toMatchObject({ kind: "live", transport: "sse" });
  });
});
