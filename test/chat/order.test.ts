import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { Place, room } from "../log/support.ts";
import { Api } from "../support/api.ts";
import { clientFrame } from "../support/frames.ts";
import { freshId, freshRoom, say } from "../support/ids.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { RecordingOutlet, recordingWire } from "../support/recording-wire.ts";

const wire = recordingWire("stream");
const LINGER_MS = 30_000;

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place[Symbol.dispose]());

/** A room with Ada, and Eve who reads everything. */
async function scene(store: "memory" | "sqlite") {
  const { world } = place;
  const opened = store === "memory" ? undefined : place.open();
  const hub = world.hub({ lingerMs: LINGER_MS }, opened);
  const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
    promise.catch(() => undefined);
    await world.turn();
    return promise;
  };
  const ada = await settled(hub.open({ room, name: "Ada" }));
  const eve = await settled(hub.open({ room, name: "Eve" }));
  const outlet = new RecordingOutlet();
  const admission = await hub.admit({ session: eve.session, after: eve.cursor, reader: 1, transport: wire.name });
  hub.attach(admission, wire, outlet, LINGER_MS);
  await world.turn();
  /** What was stored, in its order: texts of messages, else types of events. */
  const stored = () => {
    const numbered = outlet.events.flatMap((event) => ("seq" in event ? [event] : []));
    expect(numbered.map(({ seq }) => seq)).toEqual(numbered.map((_, n) => n + 3));
    return numbered.map((event) => (event.type === "message" ? event.text : event.type));
  };
  const commits: number[] = [];
  if (opened !== undefined) {
    const { transaction } = opened.database;
    opened.database.transaction = (work) => {
      commits.push(1);
      transaction.call(opened.database, work);
    };
  }
  return { world, hub, ada, stored, commits, settled };
}

describe.each(["memory", "sqlite"] as const)("in a %s store, the commands of one session", (store) => {
  test("are stored in the order they arrived, the leave last", async () => {
    const { hub, ada, stored, settled } = await scene(store);
    const commands = [say("one"), say("two"), { type: "leave", id: freshId() }, say("too late")] as const;
    const replies = await settled(Promise.all(commands.map((command) => hub.post(ada.session, command).catch(String))));
    expect(stored()).toEqual(["one", "two", "left"]);
    expect(replies.slice(0, 3)).toMatchObject([{ type: "ok" }, { type: "ok" }, { type: "ok" }]);
    expect(String(replies[3])).toContain("has ended");
  });

  test("are stored before the end of the session that arrived after them", async () => {
    const { hub, ada, stored, settled } = await scene(store);
    await settled(Promise.all([hub.post(ada.session, say("one")), hub.quit(ada.session)]));
    expect(stored()).toEqual(["one", "left"]);
  });

  test("keep their order if the member has left by linger and has to join first", async () => {
    const { world, hub, ada, stored, settled } = await scene(store);
    await world.advance(LINGER_MS + 1_000);
    const texts = ["1", "2", "3", "4", "5"];
    await settled(
      Promise.all([
        ...texts.map((text) => hub.post(ada.session, say(text))),
        hub.post(ada.session, { type: "typing", id: freshId() }),
        hub.post(ada.session, { type: "leave", id: freshId() }),
      ]),
    );
    expect(stored()).toEqual(["left", "joined", ...texts, "left"]);
  });

  test("keep their order if some arrive while the join of the first is being stored", async () => {
    const { world, hub, ada, stored, settled } = await scene(store);
    await world.advance(LINGER_MS + 1_000);
    const first = hub.post(ada.session, say("1"));
    for (let hop = 0; hop < 5; hop += 1) await Promise.resolve();
    const second = hub.post(ada.session, say("2"));
    await settled(Promise.all([first, second]));
    expect(stored()).toEqual(["left", "joined", "1", "2"]);
  });

  test("keep their order if they arrive in the turn in which the linger ends", async () => {
    const { world, hub, ada, stored, settled } = await scene(store);
    const replies: Promise<unknown>[] = [];
    // Set when the linger was: it runs in the same turn, some ticks of the wheel around it.
    for (let ms = LINGER_MS - 100; ms <= LINGER_MS + 200; ms += 25) {
      world.after(ms, () => {
        if (world.monotonicNow() >= LINGER_MS) replies.push(hub.post(ada.session, say(`${replies.length}`)));
      });
    }
    await world.advance(LINGER_MS + 300);
    await settled(Promise.all(replies));
    const seen = stored().filter((each) => each !== "left" && each !== "joined");
    expect(seen).toEqual(replies.map((_, n) => `${n}`));
  });

  test("make a session present that reads only by HTTP, and show it to the others", async () => {
    for (const read of ["history", "members", "current"] as const) {
      const { world, hub, ada, stored, settled } = await scene(store);
      await world.advance(LINGER_MS + 1_000);
      expect(stored().at(-1)).toBe("left");
      const reading: Promise<unknown> =
        read === "history" ? hub.history(ada.session, ada.cursor, 5) : hub[read](ada.session);
      await settled(reading);
      await world.turn();
      expect([read, stored().at(-1)]).toEqual([read, "joined"]);
      await settled(hub.quit(ada.session));
      const again = () => (read === "history" ? hub.history(ada.session, ada.cursor, 5) : hub[read](ada.session));
      await expect(again()).rejects.toMatchObject({ code: "session_unknown" });
      place[Symbol.dispose]();
      place = new Place();
    }
  });

  test("are refused if the session ends while its join is being stored", async () => {
    const { world, hub, ada, settled } = await scene(store);
    await world.advance(LINGER_MS + 1_000);
    const reading = hub.history(ada.session, ada.cursor, 5);
    const quitting = hub.quit(ada.session);
    await expect(settled(reading)).rejects.toMatchObject({ code: "session_unknown" });
    await settled(quitting);
  });
});

test("the commands of a present member are executed at once and stored in one commit", async () => {
  const { hub, ada, stored, commits, settled } = await scene("sqlite");
  const before = commits.length;
  await settled(Promise.all(["1", "2", "3"].map((text) => hub.post(ada.session, say(text)))));
  expect(stored()).toEqual(["1", "2", "3"]);
  expect(commits.length - before).toBe(1);
});

test("the commands of a member that must join first take one commit for the join and one for all of them", async () => {
  const { world, hub, ada, commits, settled } = await scene("sqlite");
  await world.advance(LINGER_MS + 1_000);
  const before = commits.length;
  await settled(Promise.all(["1", "2", "3"].map((text) => hub.post(ada.session, say(text)))));
  expect(commits.length - before).toBe(2);
});

test("a join that can't be stored refuses the commands that waited for it, and the next one tries again", async () => {
  const { world } = place;
  const store = place.open();
  const hub = world.hub({}, store);
  const opening = hub.open({ room, name: "Ada" });
  await world.turn();
  const { session } = await opening;
  await world.advance(31_000);
  store.database.exec("PRAGMA query_only = 1");
  const refused = Promise.all(["1", "2"].map((text) => hub.post(session, say(text))));
  await world.turn();
  expect(await refused).toMatchObject([{ code: "overloaded" }, { code: "overloaded" }]);
  store.database.exec("PRAGMA query_only = 0");
  const stored = hub.post(session, say("3"));
  await world.turn();
  expect(await stored).toMatchObject({ type: "ok", seq: 4 });
});

test("messages and a leave in one segment of a WebSocket are stored in that order", async () => {
  const server = await startServer();
  try {
    const api = new Api(server.url);
    const name = freshRoom();
    const [ada, eve] = [await api.openSession(name), await api.openSession(name)];
    using socket = await RawWebSocket.open(server.url, `/transports/websocket?session=${ada.session}`);
    await socket.waitFor("live", ({ type }) => type === "live");
    const commands = [say("1"), say("2"), say("3"), { type: "leave", id: freshId() }];
    socket.sendBytes(Buffer.concat(commands.map((command) => clientFrame(Buffer.from(JSON.stringify(command))))));
    expect(await socket.waitForClose()).toBe(1000);
    const { events } = await api.history(eve.session, `${eve.epoch}-99` as typeof eve.cursor, 4);
    expect(events.map((event) => (event.type === "message" ? event.text : event.type))).toEqual([
      "1",
      "2",
      "3",
      "left",
    ]);
  } finally {
    await server.close();
  }
});
