import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import { script } from "../../../src/log/redis/scripts.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { FaultProxy } from "../../support/proxy.ts";
import { RedisServer } from "../../support/redis.ts";
import { until, within } from "../../support/wait.ts";
import { fastClock, RedisProxy, TestLink } from "./support.ts";

const ADD = script("#!lua\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])");

/** Subscribes to a channel, and returns what is received on it. */
async function listen({ link }: TestLink, channel = "news"): Promise<string[]> {
  const received: string[] = [];
  await link.subscribe(channel, (message) => received.push(message));
  return received;
}

/** Returns once `received` contains a message that was published after this call; one may be lost in a failover. */
async function expectToHear({ link }: TestLink, received: readonly string[], channel = "news"): Promise<void> {
  const message = `message ${received.length}`;
  await until("the message", () => {
    link.publish(channel, message);
    return received.includes(message);
  });
}

/** Listens on loopback, and does what `onSocket` does. */
async function fakeServer(onSocket: (socket: Socket) => void): Promise<{ address: string; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    // The end of a socket is seen behind its bytes.
    socket
      .on("error", () => undefined)
      .on("close", () => sockets.delete(socket))
      .resume();
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }; // it listens on TCP
}

/** Connects, and returns the line for the operator with which that is refused. */
async function refusal(test: TestLink): Promise<string> {
  const error: unknown = await test.link.connect().catch((error: unknown) => error);
  expect(error).toMatchObject({ name: "StoreError", message: expect.not.stringMatching(/\n|s3cr3t/) });
  await until("the timers to end", () => test.core.timers.size === 0);
  return (error as Error).message; // asserted above
}

describeWith("a link to Redis", [redis], () => {
  test("runs commands and scripts, and receives what is published", async () => {
    await using server = await RedisServer.start();
    await using one = await TestLink.connected(server.url, { scripts: [ADD] });
    await using other = await TestLink.connected(server.url);
    expect(one.link.hearing).toBe(true);
    expect(await one.link.run(ADD, ["sum"], ["2"])).toBe(2);
    expect(await one.link.command("GET", "sum")).toBe("2");
    const received = await listen(one);
    other.link.publish("news", "first\nsecond é");
    await until("the message", () => received.length > 0);
    expect(received).toEqual(["first\nsecond é"]);
    expect([one.ups, one.downs, one.reported]).toEqual([1, [], []]);
  });

  test("loads a script again that Redis has forgotten", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url, { scripts: [ADD] });
    expect(await server.command("SCRIPT", "EXISTS", ADD.sha)).toEqual([1]);
    await server.command("SCRIPT", "FLUSH");
    await Promise.all(Array.from({ length: 20 }, () => test.link.run(ADD, ["sum"], ["1"])));
    expect(await test.link.command("GET", "sum")).toBe("20");
    expect(test.downs).toEqual([]);
  });

  test("rejects a call that Redis refuses with the code of its error, and stays up", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    await server.config("maxmemory", "1");
    const full = test.link.command("SET", "key", "value");
    await expect(full).rejects.toMatchObject({ name: "RedisError", kind: "refused", code: "OOM" });
    await expect(test.link.command("INCR")).rejects.toMatchObject({ kind: "refused", code: "ERR" });
    expect(test.link.hearing).toBe(true);
  });

  test("reads the memory of Redis with each echo", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    expect(test.link.memory.usedBytes).toBeGreaterThan(100_000);
    expect(test.link.memory.maxBytes).toBe(0);
    await server.config("maxmemory", "100mb");
    await until("the new limit", () => test.link.memory.maxBytes === 100 * 1_048_576);
  });

  test("rejects what is pending when the connection is cut, and works again after the next up", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port);
    await using test = await TestLink.connected(`redis://${proxy.address}`, { scripts: [ADD] });
    const { link } = test;
    const pending = link.command("BLPOP", "empty", "0");
    proxy.cut();
    await expect(pending).rejects.toMatchObject({ name: "RedisError", kind: "down" });
    await test.untilDown(1);
    expect(test.downs).toMatchObject([{ kind: "down" }]);
    expect(link.hearing).toBe(false);
    expect(link.hearingForMs).toBe(0);
    await expect(link.command("PING")).rejects.toMatchObject({ kind: "down" });
    await expect(link.subscribe("news", () => undefined)).rejects.toMatchObject({ kind: "down" });
    link.publish("news", "lost");
    await test.untilUp(2);
    expect(link.hearing).toBe(true);
    expect(link.reconnects).toBe(1);
    expect(await link.run(ADD, ["sum"], ["1"])).toBe(1);
  });

  test("subscribes all channels again before it is up, and has been hearing only since then", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port);
    await using test = await TestLink.connected(`redis://${proxy.address}`);
    const received = await listen(test);
    await listen(test, "given up");
    test.link.unsubscribe("given up");
    await until("some time of hearing", () => test.link.hearingForMs > 500);
    const receivers: Promise<unknown>[] = [];
    const hearing: number[] = [];
    test.onUp = () => {
      hearing.push(test.link.hearingForMs);
      for (const channel of ["news", "given up"]) receivers.push(test.link.command("SPUBLISH", channel, "welcome"));
    };
    proxy.cut();
    await test.untilUp(2);
    expect(await Promise.all(receivers)).toEqual([1, 0]);
    await until("the message", () => received.length > 0);
    expect(received).toEqual(["welcome"]);
    expect(hearing[0]).toBeLessThan(500);
  });

  test("notices that only its subscriptions are deaf", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port);
    await using test = await TestLink.connected(`redis://${proxy.address}`);
    const received = await listen(test);
    proxy.swallowSubscriptions();
    await test.link.command("SPUBLISH", "news", "unheard");
    await until("the link to miss its echo", () => !test.link.hearing);
    expect(test.link.echoAgeMs).toBeGreaterThan(3_000);
    await test.untilDown(1);
    expect(test.downs[0]).toMatchObject({ kind: "down", code: "DEAF" });
    await test.untilUp(2);
    await expectToHear(test, received);
    expect(received).not.toContain("unheard");
    await until("the old connections to end", () => proxy.connections === 2);
  });

  test("goes down while Redis is frozen, and comes up when it continues", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    const received = await listen(test);
    await server.kill("SIGSTOP");
    const pending = test.link.command("GET", "key");
    await expect(pending).rejects.toMatchObject({ kind: "down" });
    await test.untilDown(1);
    await server.kill("SIGCONT");
    await test.untilUp(2);
    await expectToHear(test, received);
  });

  test("follows a Redis that restarts", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url, { scripts: [ADD] });
    const received = await listen(test);
    await server.restart();
    await test.untilUp(2);
    expect(await test.link.run(ADD, ["sum"], ["1"])).toBe(1);
    await expectToHear(test, received);
  });

  test("replaces both connections when Redis closes the subscriptions alone", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    const received = await listen(test);
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    await test.untilUp(2);
    await expectToHear(test, received);
    expect(test.downs).toHaveLength(1);
  });

  test("goes down when its server becomes a replica, at the first write or without one", async () => {
    await using server = await RedisServer.start();
    await using primary = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    await server.command("REPLICAOF", "127.0.0.1", String(primary.port));
    await expect(test.link.command("SET", "key", "value")).rejects.toMatchObject({ name: "RedisError" });
    expect(test.downs).toMatchObject([{ code: "READONLY" }]);
    await server.command("REPLICAOF", "NO", "ONE");
    await test.untilUp(2);
    await server.command("REPLICAOF", "127.0.0.1", String(primary.port));
    await test.untilDown(2);
    expect(test.downs[1]).toMatchObject({ code: "READONLY" });
  });

  test("receives on a channel that was left and subscribed again while Redis still answers", async () => {
    await using server = await RedisServer.start();
    await using proxy = await FaultProxy.open(new URL(`http://127.0.0.1:${server.port}`));
    await using test = await TestLink.connected(`redis://${proxy.url.host}`);
    const { link } = test;
    // The answer to leaving arrives after the answer to subscribing.
    proxy.chop(16);
    const first = listen(test);
    link.unsubscribe("news");
    expect(await first).toEqual([]);
    const received = await listen(test);
    await expectToHear(test, received);
    link.unsubscribe("news");
    await until("the channel to be left", async () => (await link.command("SPUBLISH", "news", "nobody")) === 0);
    expect(await first).toEqual([]);
  });

  test("rejects a subscription that was waiting when the connection is cut", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port);
    await using test = await TestLink.connected(`redis://${proxy.address}`);
    await listen(test);
    test.link.unsubscribe("news");
    const again = test.link.subscribe("news", () => undefined);
    proxy.cut();
    await expect(within("the rejection", again)).rejects.toMatchObject({ kind: "down" });
    await test.untilUp(2);
    expect(await test.link.command("SPUBLISH", "news", "nobody")).toBe(0);
  });

  test("reports what a listener throws, and goes on", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    const error = new Error("a listener that fails");
    await test.link.subscribe("bad", () => {
      throw error;
    });
    const received = await listen(test);
    await test.link.command("SPUBLISH", "bad", "");
    await expectToHear(test, received);
    expect(test.reported).toEqual([error]);
    expect(test.downs).toEqual([]);
  });

  test("keeps nothing open after close, and calls nobody", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port);
    const test = await TestLink.connected(`redis://${proxy.address}`);
    const received = await listen(test);
    const pending = test.link.command("BLPOP", "empty", "0");
    const published = test.link.command("SPUBLISH", "news", "too late");
    await test.link.close();
    await expect(pending).rejects.toMatchObject({ kind: "down" });
    await expect(published).rejects.toMatchObject({ kind: "down" });
    await expect(test.link.command("PING")).rejects.toMatchObject({ kind: "down" });
    expect(test.core.timers.size).toBe(0);
    await until("both connections to end", () => proxy.connections === 0);
    expect([test.ups, test.downs, received, test.link.hearing]).toEqual([1, [], [], false]);
    await test.link.close();
  });

  test.each(["redis", "rediss"])("ends an attempt to connect by %s when it is closed", async (scheme) => {
    const silent = await fakeServer(() => undefined);
    const test = new TestLink(`${scheme}://${silent.address}`);
    const connecting = test.link.connect();
    const refused = expect(connecting).rejects.toMatchObject({ name: "StoreError" });
    await until("the connection", () => silent.sockets.size > 0);
    await test.link.close();
    await refused;
    await until("the connection to end", () => silent.sockets.size === 0);
    expect(test.core.timers.size).toBe(0);
  });

  test("connects with TLS, a user and a password", async () => {
    await using server = await RedisServer.start({ config: { user: "ada on >s3cr3t ~* &* +@all" } });
    const pem = makeCertificate();
    await using proxy = await RedisProxy.open(server.port, pem);
    const address = `rediss://ada:s3cr3t@${proxy.address}`;
    const trusted = getCACertificates("default");
    setDefaultCACertificates([...trusted, pem.cert]);
    onTestFinished(() => setDefaultCACertificates(trusted));
    await using test = await TestLink.connected(address);
    expect(await test.link.command("ACL", "WHOAMI")).toBe("ada");
    await expectToHear(test, await listen(test));
  });
});

describeWith("a Redis that can't be used is refused with one line:", [redis], () => {
  test.concurrent("no server on the port", async () => {
    const nothing = await RedisServer.start();
    await nothing[Symbol.asyncDispose]();
    const test = new TestLink(`redis://:s3cr3t@127.0.0.1:${nothing.port}`);
    expect(await refusal(test)).toBe(
      `redis://127.0.0.1:${nothing.port} can't be used (ECONNREFUSED). Start it, or correct the address in --store.`,
    );
  });

  test("a server that does not answer", async () => {
    const silent = await fakeServer(() => undefined);
    const test = new TestLink(`redis://${silent.address}`, { clock: fastClock });
    expect(await refusal(test)).toMatch(/no answer within 5000 ms/);
    await until("the connection to end", () => silent.sockets.size === 0);
  });

  test("a wrong password, or none", async () => {
    await using server = await RedisServer.start({ config: { requirepass: "right" } });
    for (const [login, code] of [
      [":s3cr3t@", "WRONGPASS"],
      ["", "NOAUTH"],
    ]) {
      const test = new TestLink(`redis://${login}127.0.0.1:${server.port}`);
      expect(await refusal(test)).toBe(
        `redis://127.0.0.1:${server.port} refuses the user or the password (${code}). Correct them in --store.`,
      );
    }
  });

  test("a user who may not run what is needed", async () => {
    await using server = await RedisServer.start({ config: { user: "ada on >s3cr3t ~* &* +@all -info" } });
    const test = new TestLink(`redis://ada:s3cr3t@127.0.0.1:${server.port}`);
    expect(await refusal(test)).toMatch(/refuses a command \(NOPERM .*'info'/);
  });

  test("a version without HELLO, which repeats the password in its error", async () => {
    const old = await fakeServer((socket) =>
      socket.on("data", (bytes) => {
        const words = bytes
          .toString()
          .split("\r\n")
          .filter((word) => /^[A-Za-z0-9]+$/.test(word));
        socket.write(`-ERR unknown command \`HELLO\`, with args beginning with: ${words.join(", ")}\r\n`);
      }),
    );
    expect(await refusal(new TestLink(`redis://:s3cr3t@${old.address}`))).toMatch(/is older than Redis 7\.0/);
  });

  test("a server that evicts keys", async () => {
    await using server = await RedisServer.start({ config: { "maxmemory-policy": "allkeys-lru" } });
    expect(await refusal(new TestLink(server.url))).toMatch(/maxmemory-policy allkeys-lru\)\. Set .* noeviction/);
  });

  test("data of a newer version, under the same prefix", async () => {
    await using server = await RedisServer.start();
    await using first = await TestLink.connected(server.url);
    expect(await first.link.command("GET", "sk:layout")).toBe("1");
    await first.link.command("SET", "sk:layout", "2");
    expect(await refusal(new TestLink(server.url))).toBe(
      `redis://127.0.0.1:${server.port} holds data of a newer version (sk:layout is 2, this version knows 1). Start that version, or use another --redis-prefix.`,
    );
    await using _other = await TestLink.connected(server.url, { prefix: "other" });
    // Without data there is no newer version's, also where none can be stored.
    await first.link.command("DEL", "sk:layout");
    await server.config("maxmemory", "1");
    await using _full = await TestLink.connected(server.url);
    expect(await first.link.command("GET", "sk:layout")).toBeNull();
  });

  test.concurrent("a certificate that is not trusted", async () => {
    await using server = await RedisServer.start();
    await using proxy = await RedisProxy.open(server.port, makeCertificate());
    const test = new TestLink(`rediss://:s3cr3t@${proxy.address}`);
    expect(await refusal(test)).toMatch(/can't be used \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  });

  test.concurrent("a name that no Sentinel knows", async () => {
    await using primary = await RedisServer.start();
    await using sentinel = await RedisServer.startSentinel({ primary, name: "chat" });
    const address = `redis+sentinel://:s3cr3t@127.0.0.1:${sentinel.port}/other`;
    expect(await refusal(new TestLink(address))).toMatch(/the Sentinel does not know other/);
  });

  test.concurrent("a replica", async () => {
    await using primary = await RedisServer.start();
    await using server = await RedisServer.start({ replicaOf: primary });
    expect(await refusal(new TestLink(server.url))).toMatch(/the server is a replica/);
  });

  test("one that does not write to the disk before it replies, with durability power", async () => {
    await using none = await RedisServer.start();
    await using everySecond = await RedisServer.start({ config: { appendonly: "yes" } });
    await using always = await RedisServer.start({ config: { appendonly: "yes", appendfsync: "always" } });
    for (const { url } of [none, everySecond]) {
      expect(await refusal(new TestLink(url, { durability: "power" }))).toMatch(/power failure/);
    }
    await using good = new TestLink(always.url, { durability: "power" });
    await good.link.connect();
    expect(good.notes).toEqual([]);
  });

  test("with durability process a missing append-only file is noted once", async () => {
    await using server = await RedisServer.start();
    await using test = await TestLink.connected(server.url);
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    await test.untilUp(2);
    expect(test.notes).toEqual([expect.stringMatching(/no append-only file/)]);
  });

  test("after a reconnect it is noted once, and used as soon as it is corrected", async () => {
    await using server = await RedisServer.start({ config: { appendonly: "yes" } });
    await using test = await TestLink.connected(server.url);
    await server.config("maxmemory-policy", "allkeys-lru");
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    await until("the note", () => test.notes.length > 0);
    const attempts = async (): Promise<number> =>
      Number(/total_connections_received:([0-9]+)/.exec(String(await server.command("INFO", "stats")))?.[1]);
    const before = await attempts();
    await until("further attempts", async () => (await attempts()) > before + 10);
    await server.config("maxmemory-policy", "noeviction");
    await test.untilUp(2);
    expect(test.notes).toEqual([expect.stringMatching(/maxmemory-policy allkeys-lru/)]);
  });
});

describeWith("a link by Sentinel", [redis], () => {
  test("follows a failover to the new primary", async () => {
    await using primary = await RedisServer.start();
    await using replica = await RedisServer.start({ replicaOf: primary });
    await using sentinel = await RedisServer.startSentinel({ primary, name: "chat" });
    await using test = await TestLink.connected(`redis+sentinel://127.0.0.1:${sentinel.port}/chat`);
    expect(test.notes).toContainEqual(expect.stringMatching(/min-replicas-to-write/));
    const received = await listen(test);
    const port = async (): Promise<string | undefined> => {
      const info = await test.link.command("INFO", "server").catch(() => "");
      return /^tcp_port:([0-9]+)/m.exec(String(info))?.[1];
    };
    expect(await port()).toBe(String(primary.port));
    await until("the failover to be accepted", async () =>
      sentinel.command("SENTINEL", "FAILOVER", "chat").then(
        () => true,
        () => false,
      ),
    );
    await until("the new primary", async () => (await port()) === String(replica.port));
    await expectToHear(test, received);
    await until("a write", async () =>
      test.link.command("SET", "key", "value").then(
        () => true,
        () => false,
      ),
    );
  });

  test("asks the next Sentinel when one does not answer, and logs in to Redis alone where Sentinels have no users", async () => {
    await using primary = await RedisServer.start({ config: { user: "ada on >s3cr3t ~* &* +@all" } });
    await using sentinel = await RedisServer.startSentinel({ primary, name: "chat" });
    const silent = await fakeServer(() => undefined);
    const address = `redis+sentinel://ada:s3cr3t@${silent.address},127.0.0.1:${sentinel.port}/chat`;
    await using test = new TestLink(address);
    await within("the connection", test.link.connect());
    expect(await test.link.command("ACL", "WHOAMI")).toBe("ada");
    await until("the connection to end", () => silent.sockets.size === 0);
  });
});
