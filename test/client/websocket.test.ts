import { describe, expect, test } from "vitest";
import { LinkError, type Platform } from "../../src/transports/contract.ts";
import { websocket } from "../../src/transports/websocket/client.ts";
import { asCursor, asSession } from "../support/cast.ts";
import { say } from "../support/ids.ts";
import { collect } from "./support/desk.ts";
import { FakeApi, refusal } from "./support/fake-api.ts";
import { ManualPlatform, settle } from "./support/manual-platform.ts";
import { live, message } from "./support/scene.ts";

/** A WebSocket whose far end is the test. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static opened: FakeSocket[] = [];
  readonly OPEN = 1;
  readonly url: URL;
  readonly protocols: string | string[] | undefined;
  readonly sent: string[] = [];
  readyState = 0;
  closedWith: number | undefined;

  constructor(url: string | URL, protocols?: string | string[]) {
    super();
    this.url = new URL(url);
    this.protocols = protocols;
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code?: number): void {
    this.closedWith = code;
    this.readyState = 3;
  }

  async open(): Promise<void> {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
    await settle();
  }

  async receive(...values: readonly unknown[]): Promise<void> {
    for (const value of values) this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(value) }));
    await settle();
  }

  async closes(code: number): Promise<void> {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
    await settle();
  }
}

async function setup(api = new FakeApi(["websocket"])) {
  FakeSocket.opened = [];
  const manual = new ManualPlatform();
  const platform: Platform = {
    fetch: api.fetch,
    // The only cast here: the fake has all that the transport uses of a WebSocket
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    origin: undefined,
    clock: manual.clock,
    random: manual.random,
  };
  const lifetime = new AbortController();
  const base = new URL("https://server.test/");
  const attach = { base, session: asSession("secret"), after: asCursor("e1-5"), reader: 3 };
  const link = websocket.connect(attach, platform, lifetime.signal);
  const { events, ending } = collect(link);
  await settle();
  const [socket] = FakeSocket.opened;
  if (socket === undefined) throw new Error("no socket was opened");
  return { manual, link, events, ending, socket, lifetime, api };
}

describe("WebSocket", () => {
  test("a WebSocket's URL has the session, the cursor and the link number, with the subprotocol", async () => {
    const { socket } = await setup();
    expect(socket.url.href).toBe("wss://server.test/transports/websocket?session=secret&reader=3&after=e1-5");
    expect(socket.protocols).toBe("skyrocket.v1");
  });

  test("a WebSocket link yields events until `bye`, separates replies, and is proven by `live`", async () => {
    const { link, events, ending, socket } = await setup();
    await socket.open();
    const command = say("hello");
    const reply = link.execute(command);
    expect(JSON.parse(socket.sent[0] ?? "")).toEqual(command);
    await socket.receive(message(6), live("e1-6", 1), { type: "ok", id: command.id, seq: 7 }, { type: "poem" });
    expect(await reply).toEqual({ type: "ok", id: command.id, seq: 7 });
    expect(await link.opened).toEqual({ replayed: 1 });
    await socket.receive({ type: "bye", reason: "drain", retry: true }, message(7));
    expect(events.map(({ type }) => type)).toEqual(["message", "live", "bye"]);
    expect(ending.value).toBe("ended");
    expect(socket.closedWith).toBe(1000);
  });

  test("a refused upgrade is explained by a request over HTTP", async () => {
    const api = new FakeApi(["websocket"]);
    api.once("GET api/sessions/current", () => refusal(503, "draining", { "retry-after": "3" }));
    const { ending, socket } = await setup(api);
    await socket.closes(1006);
    expect(ending.value).toMatchObject({ code: "draining", retryAfterMs: 3_000 });
    expect(api.count("GET api/sessions/current")).toBe(1);
  });

  test("a refused upgrade of a good session is a LinkError", async () => {
    const { ending, socket } = await setup();
    await socket.closes(1006);
    expect(ending.value).toBeInstanceOf(LinkError);
  });

  test.each([
    [4404, { code: "session_unknown" }],
    [4409, { code: "superseded" }],
    [4400, { code: "malformed" }],
    [4408, { name: "LinkError" }],
    [1006, { name: "LinkError" }],
    [1000, { name: "LinkError" }],
  ])("a WebSocket closed with %i without `bye` reports what the code means", async (code, expected) => {
    const { ending, socket } = await setup();
    await socket.open();
    await socket.closes(code);
    expect(ending.value).toMatchObject(expected);
  });

  test("commands without a reply fail when the WebSocket ends, or after 10 s", async () => {
    const { manual, link, socket, lifetime } = await setup();
    await expect(link.execute(say("too early"))).rejects.toBeInstanceOf(LinkError);
    await socket.open();
    const late = expect(link.execute(say("late"))).rejects.toThrow("10 s");
    await manual.advance(10_000);
    await late;
    const cut = expect(link.execute(say("cut"))).rejects.toBeInstanceOf(LinkError);
    lifetime.abort();
    await cut;
    expect(socket.closedWith).toBe(1000);
    expect(manual.pending).toBe(0);
  });

  test("a WebSocket link ends on a message that is too large", async () => {
    const { ending, socket } = await setup();
    await socket.open();
    const data = JSON.stringify({ ...message(6), text: "x".repeat(1_048_576) });
    socket.dispatchEvent(new MessageEvent("message", { data }));
    await settle();
    expect(ending.value).toMatchObject({ name: "LinkError", kind: "bad_answer" });
  });

  test("a WebSocket link ends on a message that is not JSON", async () => {
    const { ending, socket } = await setup();
    await socket.open();
    socket.dispatchEvent(new MessageEvent("message", { data: "hello" }));
    await settle();
    expect(ending.value).toBeInstanceOf(LinkError);
  });
});
