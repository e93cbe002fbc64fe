import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outlet, Wire } from "../../src/chat/ports.ts";
import { DEFAULT_SETTINGS } from "../../src/chat/settings.ts";
import { TIMINGS } from "../../src/protocol/limits.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { longPolling } from "../../src/transports/long-polling/server.ts";
import { serverTransports } from "../../src/transports/registry.server.ts";
import { shortPolling } from "../../src/transports/short-polling/server.ts";
import { sse } from "../../src/transports/sse/server.ts";
import { websocket } from "../../src/transports/websocket/server.ts";
import { Api } from "../support/api.ts";
import { asRoom } from "../support/cast.ts";
import { freshRoom } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { ManualWorld } from "../support/manual-world.ts";
import { RawConnection } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";
import { until } from "../support/wait.ts";

// A peer that vanishes without a FIN: its machine lost power, or something in between forgot it. Nothing comes from it
// any more, and what is written to it goes nowhere.

const { lingerMs, pingMs, pongTimeoutMs, aliveGraceMs } = DEFAULT_SETTINGS;
/** The wheel's steps, and heartbeats gathered a little early. */
const SLACK_MS = 1_000;

/** By default settings: how long after a peer's last sign of life it has left, at the latest. */
const BOUNDS: Readonly<Record<string, number>> = {
  websocket: pingMs + pongTimeoutMs + lingerMs,
  sse: aliveGraceMs + lingerMs,
  "long-polling": TIMINGS.longPollHoldMs + lingerMs,
  "short-polling": shortPolling.lingerMs ?? lingerMs,
};

/** A way down on which everything seems to go, and nothing comes back. */
function blackHole<Frame>({ streaming, duplex }: Wire<Frame>): Outlet<Frame> {
  return {
    write: () => (streaming ? "more" : "done"),
    end: () => undefined,
    destroy: () => undefined,
    ...(duplex ? { ping: () => undefined } : {}),
  };
}

async function scene() {
  const world = new ManualWorld();
  const hub = world.hub();
  const room = asRoom("lobby");
  const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
    await world.turn();
    return promise;
  };
  const watching = recordingWire("watching");
  const watcher = await settled(hub.open({ room, name: "Watcher" }));
  const outlet = new RecordingOutlet();
  const admission = await hub.admit({
    session: watcher.session,
    after: undefined,
    reader: undefined,
    transport: "watching",
  });
  hub.attach(admission, watching, outlet, 15_000);
  const vanish = async <Frame>(wire: Wire<Frame>, idleMs: number) => {
    const { session, member } = await settled(hub.open({ room, name: "Ada" }));
    const place = await hub.admit({ session, after: undefined, reader: undefined, transport: wire.name });
    const reader = hub.attach(place, wire, blackHole(wire), idleMs);
    const gone = () => outlet.events.some((event) => event.type === "left" && event.member.id === member.id);
    /** Milliseconds until it has left; null when it has not in all that time. */
    const leftAfter = async (atMostMs: number): Promise<number | null> => {
      for (let ms = 0; ms <= atMostMs; ms += 250) {
        if (gone()) return ms;
        await world.advance(250);
      }
      return null;
    };
    return { session, reader, leftAfter };
  };
  return { hub, world, settled, vanish };
}

describe("with the settings as they are", () => {
  test("there is a bound for every transport", () => {
    expect(Object.keys(BOUNDS).toSorted()).toEqual(serverTransports.map(({ name }) => name).toSorted());
  });

  const within = async (name: string, leftAfter: (atMostMs: number) => Promise<number | null>): Promise<void> => {
    const bound = BOUNDS[name] ?? 0;
    const ms = await leftAfter(10 * 60_000);
    expect(ms).toBeLessThanOrEqual(bound + SLACK_MS);
    expect(ms).toBeGreaterThan(lingerMs - SLACK_MS);
  };

  test("websocket: the ping is not answered", async () => {
    const { vanish } = await scene();
    const { leftAfter } = await vanish(websocket, 15_000);
    await within("websocket", leftAfter);
  });

  test("sse: `alive` does not come again", async () => {
    const { hub, settled, vanish } = await scene();
    const { session, leftAfter } = await vanish(sse, 15_000);
    await settled(hub.post(session, { type: "alive" }));
    await within("sse", leftAfter);
  });

  test("long-polling: the answer of the hold is the last", async () => {
    const { vanish } = await scene();
    const { leftAfter } = await vanish(longPolling, TIMINGS.longPollHoldMs);
    await within("long-polling", leftAfter);
  });

  test("short-polling: no poll comes any more", async () => {
    const { vanish } = await scene();
    const { leftAfter } = await vanish(shortPolling, 0);
    await within("short-polling", leftAfter);
  });

  test("sse, a client that never says `alive`: only the end of its TCP connection tells, and then the linger", async () => {
    const { vanish } = await scene();
    const { reader, leftAfter } = await vanish(sse, 15_000);
    expect(await leftAfter(15 * 60_000)).toBeNull();
    reader.detach();
    expect(await leftAfter(60_000)).toBeLessThanOrEqual(lingerMs + SLACK_MS);
  });
});

describe("on the network, with shorter settings", () => {
  const settings = { lingerMs: 700, pingMs: 400, pongTimeoutMs: 300, aliveGraceMs: 600, heartbeatMs: 250 };
  const holdMs = 500;
  let server: RunningServer;
  beforeEach(async () => {
    server = await startServer({ rateLimit: false, settings });
  });
  afterEach(() => server.close());

  const cases: readonly (readonly [string, (path: string, api: Api, session: string) => Promise<Disposable>])[] = [
    ["websocket", (path) => RawWebSocket.open(server.url, path)],
    [
      "sse",
      async (path, _api, session) => {
        const connection = await get(path);
        await get("/api/commands", session);
        return connection;
      },
    ],
    ["long-polling", (path) => get(`${path}&hold=${holdMs}`)],
  ];

  /** A connection that asks for one thing, reads the answer and says nothing more; with a session it says `alive`. */
  async function get(path: string, session?: string): Promise<RawConnection> {
    const connection = await RawConnection.open(server.url);
    const body = '{"type":"alive"}';
    connection.socket.write(
      session === undefined
        ? `GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\n\r\n`
        : `POST ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\nAuthorization: Bearer ${session}\r\n` +
            `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return connection;
  }

  test.each(cases)("%s: a peer that goes silent leaves, and not before its linger is over", async (name, open) => {
    const room = freshRoom();
    await using watcher = await Listener.open(server.url, { room, name: "watcher", transport: "websocket" });
    const api = new Api(server.url);
    const { session, member, cursor } = await api.openSession(room, "Ada");
    const begun = performance.now();
    using _peer = await open(`/transports/${name}?after=${cursor}&session=${session}`, api, session);
    await until("it to be seen as left", () =>
      watcher.events.some((event) => event.type === "left" && event.member.id === member.id),
    );
    const ms = performance.now() - begun;
    expect(ms).toBeGreaterThanOrEqual(settings.lingerMs);
    expect((await api.members(watcherSession(watcher))).members.map(({ name: who }) => who)).toEqual(["watcher"]);
  });
});

function watcherSession({ client }: Listener) {
  if (client.resumption === null) throw new Error("the watcher has no session");
  return client.resumption.session;
}
