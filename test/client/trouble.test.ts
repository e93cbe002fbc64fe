import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { afterEach, describe, expect, test } from "vitest";
import { type ChatClient, type ConnectionTrouble, type ConnectOptions, connect } from "../../src/client/index.ts";
import { memoryChoice } from "../../src/client/transport-choice.ts";
import { type ErrorCode, ProtocolError } from "../../src/protocol/errors.ts";
import { startServer } from "../../src/server/server.ts";
import { LinkError, type Platform } from "../../src/transports/contract.ts";
import { makeCertificate } from "../support/certificate.ts";
import { freshRoom } from "../support/ids.ts";
import { testPlatform } from "../support/platform.ts";
import { FaultProxy } from "../support/proxy.ts";
import { until } from "../support/wait.ts";
import { refusal } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { bye, live, Scene } from "./support/scene.ts";

const disposals: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

async function listen(server: Server, scheme = "http"): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  disposals.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `${scheme}://127.0.0.1:${address.port}/`;
}

const answering = (status: number, body: string, headers: Record<string, string> = {}): RequestListener => {
  return (_request, response) => response.writeHead(status, { "content-type": "text/html", ...headers }).end(body);
};

/** Refuses as Skyrocket does. */
const refusing = (status: number, code: ErrorCode): RequestListener =>
  answering(status, JSON.stringify({ code, message: new ProtocolError(code).message, retry: true }));

function client(url: string | URL, options: Partial<ConnectOptions> = {}): ChatClient {
  const made = connect({ url, room: freshRoom(), name: "Ada", platform: testPlatform(), ...options });
  disposals.push(() => made.close());
  return made;
}

/** The first reason the client gives for not being live. */
async function troubleOf(one: ChatClient, kind?: ConnectionTrouble["kind"]): Promise<ConnectionTrouble | undefined> {
  const reason = (): ConnectionTrouble | undefined => ("because" in one.state ? Object(one.state.because) : undefined);
  await until("a reason", () => reason() !== undefined && (kind === undefined || reason()?.kind === kind));
  return reason();
}

describe("where no session can be opened, the state says why:", () => {
  const PROXY = "<html><h1>Bad Gateway</h1></html>";
  test.each<[string, RequestListener, ConnectionTrouble["kind"], RegExp]>([
    ["another site's page", answering(200, "<h1>Welcome</h1>"), "bad_answer", /not JSON.*address/],
    ["another JSON API", answering(200, '{"ok":true}'), "bad_answer", /api\/sessions is not Skyrocket's.*address/],
    ["an empty answer", answering(200, ""), "bad_answer", /api\/sessions is not Skyrocket's.*address/],
    ["a proxy without its server", answering(502, PROXY), "bad_answer", /status 502.*proxy/],
    ["a proxy that is busy", answering(503, PROXY, { "retry-after": "1" }), "bad_answer", /status 503/],
    ["a proxy that waited", answering(504, PROXY), "bad_answer", /status 504/],
    ["a server at its limit", refusing(503, "overloaded"), "busy", /at a limit/],
    ["a limited rate", refusing(429, "too_many"), "busy", /limits this client/],
    ["a server that shuts down", refusing(503, "draining"), "draining", /restarts/],
    ["a server that fails", refusing(500, "internal"), "refused", /failed/],
    ["a connection that is cut", (request) => request.socket.destroy(), "unreachable", /No connection to 127/],
  ])("%s", async (_what, listener, kind, message) => {
    const one = client(await listen(createServer(listener)));
    expect(await troubleOf(one)).toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(one.state).toMatchObject({ kind: "reconnecting" });
  });

  test("the state names a server that is down", async () => {
    const server = createServer();
    const url = await listen(server);
    server.close();
    const trouble = await troubleOf(client(url));
    expect(trouble).toMatchObject({ kind: "unreachable", message: expect.stringContaining("(ECONNREFUSED)") });
  });

  test("the state names a host that does not exist", async () => {
    const trouble = await troubleOf(client("http://nobody.invalid/"));
    expect(trouble).toMatchObject({ kind: "unreachable", message: expect.stringContaining("nobody.invalid") });
  });

  test("the state names a certificate that is not trusted", async () => {
    const url = await listen(createTlsServer(makeCertificate(), answering(200, "")), "https");
    const trouble = await troubleOf(client(url));
    expect(trouble).toMatchObject({ kind: "unreachable", message: expect.stringMatching(/CERT.*certificate/) });
  });

  test("the state names TLS on a port without it", async () => {
    const url = await listen(createServer(answering(200, "")), "https");
    const trouble = await troubleOf(client(url));
    expect(trouble).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/SSL.*port speaks TLS/),
    });
  });

  test("the state names a server that never responds", async () => {
    const scene = new Scene({}, ({ platform }) => {
      platform.fetch = () => new Promise(() => undefined);
    });
    await scene.platform.advance(10_000);
    expect(scene.state).toMatchObject({ kind: "reconnecting", because: { kind: "timed_out" } });
  });

  test("a wrong path of the right server closes the client, with the reason", async () => {
    const server = await startServer({ port: 0 });
    disposals.push(() => server.close());
    const one = client(new URL("/no/such/path", server.url));
    await expect(one.opened).rejects.toMatchObject({ code: "not_found" });
    await until("the end", () => one.state.kind === "closed");
    expect(one.state).toMatchObject({ because: { kind: "refused", code: "not_found" } });
  });

  test.each([301, 302, 307])("a redirect (%i) names the address to use", async (status) => {
    const target = await listen(createServer(answering(404, "<h1>Not here</h1>")));
    const one = client(await listen(createServer(answering(status, "", { location: `${target}elsewhere` }))));
    const message = expect.stringContaining(`${target.slice(0, -1)}, to which the address redirects`);
    await until("the end", () => one.state.kind === "closed");
    expect(one.state).toMatchObject({ because: { kind: "refused", message } });
  });
});

/** A page's world: answers to another origin can't be read, and a browser says no more of that than of a dead server. */
function pageAt(origin: string, reachable: () => boolean): Platform {
  const fetch: typeof globalThis.fetch = async (_input, init) => {
    if (!reachable() || init?.mode !== "no-cors") throw new TypeError("Failed to fetch");
    return new Response(null);
  };
  return { ...testPlatform(), fetch, origin };
}

describe("a page of another origin", () => {
  test("a page of another origin learns that the server rejects its origin", async () => {
    const one = client("http://server.test/", { platform: pageAt("https://page.test", () => true) });
    const message = expect.stringMatching(/server\.test answers, but not.*https:\/\/page\.test.*--origins/);
    expect(await troubleOf(one, "origin_refused")).toEqual({ kind: "origin_refused", message });
    const shown: (string | undefined)[] = [];
    one.watch((state) => shown.push(state.kind === "reconnecting" ? state.because?.kind : state.kind));
    await until("some more attempts", () => shown.length > 6);
    expect(new Set(shown)).toEqual(new Set(["origin_refused"]));
  });

  test("a page of another origin learns that the server is down", async () => {
    let up = true;
    const one = client("http://server.test/", { platform: pageAt("https://page.test", () => up) });
    await troubleOf(one, "origin_refused");
    up = false;
    expect(await troubleOf(one, "unreachable")).toMatchObject({ kind: "unreachable" });
  });

  test("a page loaded by https learns that it can't call http", async () => {
    const one = client("http://server.test/", { platform: pageAt("https://page.test", () => false) });
    expect(await troubleOf(one)).toMatchObject({ kind: "unreachable", message: expect.stringContaining("https") });
  });

  test("a page of the same origin sends no second request", async () => {
    let asked = 0;
    const platform = pageAt("http://server.test", () => {
      asked += 1;
      return false;
    });
    const one = client("http://server.test/", { platform });
    await until("two attempts", () => one.state.kind === "reconnecting" && one.state.attempt > 2);
    expect(asked).toBeLessThanOrEqual(one.state.kind === "reconnecting" ? one.state.attempt + 1 : 0);
    expect(await troubleOf(one)).toMatchObject({ kind: "unreachable" });
  });
});

describe("once a link was live, the state says why it is not:", () => {
  test.each<[string, (scene: Scene) => void, Partial<ConnectionTrouble>]>([
    ["cut", ({ fast }) => fast.last.fail(new LinkError("The stream was cut off.")), { kind: "lost" }],
    ["ended", ({ fast }) => fast.last.end(), { kind: "lost" }],
    ["drained", ({ fast }) => fast.last.emit(bye("drain")), { kind: "draining" }],
    ["too slow", ({ fast }) => fast.last.emit(bye("slow_consumer")), { kind: "lost" }],
    ["limited", ({ fast }) => fast.last.fail(new ProtocolError("too_many")), { kind: "busy", code: "too_many" }],
    ["full", ({ fast }) => fast.last.fail(new ProtocolError("overloaded")), { kind: "busy", code: "overloaded" }],
    ["broken", ({ fast }) => fast.last.fail(new ProtocolError("internal")), { kind: "refused", code: "internal" }],
  ])("%s", async (_what, end, because) => {
    const scene = await Scene.live();
    end(scene);
    await settle();
    expect(scene.state).toMatchObject({ kind: "reconnecting", because });
    await scene.platform.advance(1_000);
    expect(scene.state).toMatchObject({ kind: "reconnecting", inMs: 0, because });
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state.kind).toBe("live");
    scene.fast.last.end();
    await settle();
    expect(scene.state).toMatchObject({ because: { kind: "lost" } });
  });

  test("the state has no reason while the first attempt is in progress", () => {
    expect(new Scene().state).not.toHaveProperty("because");
  });
});

describe("the transport is not blamed", () => {
  test("a transport is not blamed for a session that a restarted server has lost", async () => {
    const choice = memoryChoice();
    const first = await startServer({ port: 0, settings: { drainMs: 1 } });
    disposals.push(() => first.close());
    const one = client(first.url, { choice });
    const seen = new Set<string>();
    one.watch((state) => state.kind === "live" && seen.add(state.transport));
    await until("a live link", () => one.state.kind === "live");
    const member = one.member?.id;
    await first.close();
    await until("a failed attempt", () => one.state.kind === "reconnecting" && one.state.attempt > 1);
    const second = await startServer({ port: Number(first.url.port) });
    disposals.push(() => second.close());
    await until("a live link again", () => one.state.kind === "live");
    expect(one.member?.id).not.toBe(member);
    expect([...seen]).toEqual(["websocket"]);
    expect(one.state).not.toHaveProperty("passedOver");
    expect(choice.load()).toBe("websocket");
  });

  test.each<[string, (scene: Scene) => void]>([
    ["a server that can't be reached", ({ api }) => api.once(CURRENT, () => Promise.reject(new TypeError("down")))],
    ["a proxy without its server", ({ api }) => api.once(CURRENT, () => new Response("Bad Gateway", { status: 502 }))],
    ["a server that drains", ({ api }) => api.once(CURRENT, () => refusal(503, "draining"))],
    ["a server at its limit", ({ api }) => api.once(CURRENT, () => refusal(503, "overloaded"))],
  ])("for %s, however long", async (_what, down) => {
    const scene = await Scene.live({ transport: "auto" });
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await nextAttempt(scene);
      down(scene);
      scene.fast.last.fail(new LinkError("refused", { kind: "unreachable" }));
      await settle();
    }
    expect([scene.slow, scene.poll].flatMap(({ links }) => links)).toEqual([]);
    await nextAttempt(scene);
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "live", transport: "fast" });
    expect(scene.state).not.toHaveProperty("passedOver");
  });

  test.each(["draining", "overloaded", "too_many"] as const)(
    "a transport is not blamed for a reader refused as %s",
    async (code) => {
      const scene = new Scene({ transport: "auto" });
      await settle();
      for (let attempt = 0; attempt < 5; attempt += 1) {
        scene.fast.last.fail(new ProtocolError(code, { retryAfterMs: 1_000 }));
        await settle();
        await nextAttempt(scene);
      }
      expect(scene.fast.links).toHaveLength(6);
      expect(scene.slow.links).toEqual([]);
    },
  );

  test("a transport is not blamed for a session that its first attempt finds lost", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    scene.api.once(CURRENT, () => refusal(404, "session_unknown"));
    scene.fast.last.fail(new LinkError("refused"));
    await settle();
    expect(scene.fast.last.attach.session).toBe("secret-2");
    expect(scene.slow.links).toEqual([]);
  });

  test("a transport is blamed if the session is good", async () => {
    const scene = new Scene({ transport: "auto" });
    await settle();
    scene.fast.last.fail(new LinkError("refused"));
    await settle();
    expect(scene.slow.links).toHaveLength(1);
  });
});

const CURRENT = "GET api/sessions/current";

/** Lets the clock run until the next attempt begins. */
async function nextAttempt({ state, platform }: Scene): Promise<void> {
  if (state.kind !== "reconnecting") throw new Error(`the client is ${state.kind}`);
  await platform.advance(state.inMs);
}

describe("what the browser believes about the network", () => {
  test("a browser that reports no network does not end a live link", async () => {
    const scene = await Scene.live();
    scene.client.setOnline(false);
    await scene.platform.advance(30_000);
    expect(scene.states.map(({ kind }) => kind)).not.toContain("reconnecting");
    expect(scene.fast.links).toHaveLength(1);
    expect(scene.fast.last.signal.aborted).toBe(false);
  });

  test("a browser that reports no network does not prevent a connection, also after a reload", async () => {
    const scene = new Scene();
    scene.client.setOnline(false);
    await settle();
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.state.kind).toBe("live");
  });

  test("a browser that reports no network makes waits longer and is named as the reason", async () => {
    const scene = new Scene({}, ({ api }) => api.once("POST api/sessions", () => Promise.reject(new TypeError("no"))));
    scene.client.setOnline(false);
    await settle();
    expect(scene.state).toMatchObject({ kind: "reconnecting", inMs: 10_000, because: { kind: "offline" } });
    await scene.platform.advance(10_000);
    expect(await scene.client.opened).toMatchObject({ room: "lobby" });
  });

  test.each<[string, (one: ChatClient) => void]>([
    ["online", (one) => one.setOnline(true)],
    ["visible", (one) => one.setVisible(true)],
  ])("a page that is %s again ends the wait for the next attempt", async (_what, back) => {
    const scene = await Scene.live();
    scene.client.setOnline(false);
    scene.fast.last.fail(new LinkError("cut"));
    await settle();
    expect(scene.state).toMatchObject({ kind: "reconnecting", inMs: 10_000 });
    back(scene.client);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
  });
});

describe.each<[string, (one: ChatClient) => void]>([
  ["visible", (one) => one.setVisible(true)],
  ["online", (one) => one.setOnline(true)],
])("becoming %s", (_what, wake) => {
  test("a check replaces a dead link by one that works without showing it", async () => {
    const scene = await Scene.live();
    const before = scene.state;
    wake(scene.client);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
    scene.fast.last.emit(live("e1-5"));
    await settle();
    expect(scene.fast.links[0]?.signal.aborted).toBe(true);
    expect(scene.fast.last.signal.aborted).toBe(false);
    expect(scene.state).toBe(before);
    expect(scene.states.map(({ kind }) => kind)).not.toContain("reconnecting");
  });

  test("a check finds within 3 s that the server does not respond", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(1);
    wake(scene.client);
    await scene.platform.advance(2_999);
    expect(scene.state.kind).toBe("live");
    await scene.platform.advance(1);
    expect(scene.state).toMatchObject({ kind: "reconnecting", because: { kind: "timed_out" } });
  });

  test("a check keeps a link that delivers something meanwhile", async () => {
    const scene = await Scene.live();
    await scene.platform.advance(1);
    wake(scene.client);
    await scene.platform.advance(1_000);
    scene.fast.links[0]?.emit({ type: "idle", at: 1 });
    await scene.platform.advance(10_000);
    expect(scene.state.kind).toBe("live");
    expect(scene.fast.links[0]?.signal.aborted).toBe(false);
  });

  test.each(["too_many", "overloaded"] as const)(
    "a check keeps a link if another one is refused as %s",
    async (code) => {
      const scene = await Scene.live();
      wake(scene.client);
      await settle();
      scene.fast.last.fail(new ProtocolError(code));
      await scene.platform.advance(10_000);
      expect(scene.state.kind).toBe("live");
    },
  );

  test("a check finds that the session is gone", async () => {
    const scene = await Scene.live();
    wake(scene.client);
    await settle();
    scene.fast.last.fail(new ProtocolError("session_unknown"));
    await settle();
    expect(scene.fast.last.attach.session).toBe("secret-2");
  });

  test("repeated reports cause one check", async () => {
    const scene = await Scene.live();
    for (let time = 0; time < 5; time += 1) wake(scene.client);
    await settle();
    expect(scene.fast.links).toHaveLength(2);
  });

  test("a check does not disturb a switch", async () => {
    const scene = await Scene.live();
    const switched = scene.client.switchTo("slow");
    await settle();
    wake(scene.client);
    await settle();
    scene.slow.last.emit(live("e1-5"));
    await switched;
    expect(scene.state).toMatchObject({ kind: "live", transport: "slow" });
  });

  test("a client closed during a check leaves no timer behind", async () => {
    const scene = await Scene.live({ transport: "auto" });
    wake(scene.client);
    await settle();
    scene.client.close();
    await settle();
    expect(scene.platform.pending).toBe(0);
  });
});

describe.each(["websocket", "sse", "long-polling"])("after a sleep, a client on %s", (transport) => {
  test("a client that is visible after a sleep is live on a working connection, and its message arrives", async () => {
    const server = await startServer({ port: 0, rateLimit: false });
    disposals.push(() => server.close());
    const proxy = await FaultProxy.open(server.url);
    disposals.push(() => proxy[Symbol.asyncDispose]());
    const one = client(proxy.url, { transport });
    await until("a live link", () => one.state.kind === "live");
    const { connections } = proxy;
    proxy.silence();
    one.setVisible(true);
    await until("another connection", () => proxy.connections > connections);
    expect(await one.send("hello")).toBeGreaterThan(0);
    expect(one.state).toMatchObject({ kind: "live", transport });
  });
});
