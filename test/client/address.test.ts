import { afterEach, describe, expect, test, vi } from "vitest";
import { connect } from "../../src/client/index.ts";
import { baseOf } from "../../src/client/session.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { FakeApi, json } from "./support/fake-api.ts";
import { ManualPlatform, settle } from "./support/manual-platform.ts";
import { Scene } from "./support/scene.ts";

afterEach(() => vi.unstubAllGlobals());

const PAGE = "https://page.test/rooms/";

describe("the server's address", () => {
  test.each([
    ["http://h", "http://h/"],
    ["http://h/", "http://h/"],
    ["http://h/chat", "http://h/chat/"],
    ["http://h/chat/", "http://h/chat/"],
    ["http://h/a/b", "http://h/a/b/"],
    ["http://h/chat?room=x#top", "http://h/chat/"],
    ["http://h:8080/chat/?#", "http://h:8080/chat/"],
    ["ws://h/chat", "http://h/chat/"],
    ["wss://h:8443", "https://h:8443/"],
    ["ws://h:443/", "http://h:443/"],
    ["WSS://H/Chat", "https://h/Chat/"],
    ["http://[::1]:3000", "http://[::1]:3000/"],
    ["  http://h/x  ", "http://h/x/"],
    ["http://h/a b/ä", "http://h/a%20b/%C3%A4/"],
  ])("the address %s is requested at %s", (given, base) => {
    expect(String(baseOf(given))).toBe(base);
    expect(String(baseOf(new URL(given)))).toBe(base);
  });

  test.each([
    ["", "empty"],
    ["   ", "empty"],
    ["ftp://h/", "must begin with http:"],
    ["mailto:ada@h.test", "must begin with"],
    ["data:text/plain,hello", "must begin with"],
    ["file:///srv/chat", "must begin with"],
    ["javascript:alert(1)", "must begin with"],
    ["localhost:3000", 'Did you mean "http://localhost:3000"?'],
    ["http://", "not an absolute URL"],
    ["http://h:99999", "not an absolute URL"],
    ["http://h:0/", "port 0"],
    ["http://ada@h/", "user name or password"],
    ["https://ada:secret@h/chat", "user name or password"],
    ["ftp://ada:secret@h/", "user name or password"],
    ["/chat", "not an absolute URL"],
    ["chat.example/room", 'Did you mean "http://chat.example/room"?'],
    ["//h/chat", "not an absolute URL"],
  ])("the address %j closes the client at once, with the reason", async (url, reason) => {
    const scene = new Scene({ url });
    const message = expect.stringContaining(reason);
    expect(scene.state).toEqual({ kind: "closed", because: { kind: "bad_address", message } });
    await expect(scene.client.opened).rejects.toMatchObject({ name: "RangeError", message });
    await expect(scene.client.send("hello")).rejects.toThrow("closed");
    expect(JSON.stringify(scene.states)).not.toContain("secret");
    expect(scene.api.seen).toEqual([]);
    expect(scene.platform.pending).toBe(0);
  });

  test.each([
    ["chat", "https://page.test/rooms/chat/"],
    ["./", "https://page.test/rooms/"],
    ["../api?x", "https://page.test/api/"],
    ["/", "https://page.test/"],
    ["//other.test/chat", "https://other.test/chat/"],
  ])("the address %s is relative to a page's base: %s", (given, base) => {
    vi.stubGlobal("document", { baseURI: PAGE });
    expect(String(baseOf(given))).toBe(base);
  });

  test("an address is relative to a worker's own address and must not be empty", () => {
    vi.stubGlobal("location", { href: PAGE, origin: "https://page.test" });
    expect(String(baseOf("chat"))).toBe("https://page.test/rooms/chat/");
    expect(baseOf("")).toBeInstanceOf(RangeError);
  });

  test("an address can't be relative to a page from a file", () => {
    vi.stubGlobal("document", { baseURI: "file:///home/ada/page.html" });
    expect(baseOf("chat")).toBeInstanceOf(RangeError);
  });
});

/** A WebSocket of which only the address matters. */
class Dialled extends EventTarget {
  static urls: string[] = [];
  constructor(url: string | URL) {
    super();
    Dialled.urls.push(String(url));
  }
  close(): void {}
}

describe.each(clientTransports.map(({ name }) => name))("a client on %s", (name) => {
  test.each(["ws://server.test/chat", "http://server.test/chat/?x#y"])(
    "the client sends requests only under the path of %s",
    async (url) => {
      const platform = new ManualPlatform();
      const asked: string[] = [];
      Dialled.urls = asked;
      platform.fetch = async (input) => {
        asked.push(String(input));
        const { pathname } = new URL(String(input));
        if (pathname === "/chat/api/sessions") return json(201, { session: "s", ...new FakeApi([name]).info(1) });
        if (pathname === "/chat/api/members") return json(200, { count: 0, members: [] });
        return new Promise(() => undefined);
      };
      const WebSocket = Dialled as unknown as typeof globalThis.WebSocket;
      const { clock, random } = platform;
      const world = { fetch: platform.fetch, clock, random, WebSocket, origin: undefined };
      const client = connect({ url, room: "lobby", name: "Ada", transport: name, platform: world });
      await client.members();
      await settle();
      expect(asked.map((one) => new URL(one).pathname)).toEqual(
        expect.arrayContaining(["/chat/api/sessions", "/chat/api/members", `/chat/transports/${name}`]),
      );
      expect(asked.filter((one) => !/^(http|ws):\/\/server\.test\/chat\//.test(one))).toEqual([]);
      client.close();
    },
  );
});

describe("the client's methods", () => {
  test("each method of a client works without its receiver", async () => {
    const { client, fast } = await Scene.live();
    const { watch, send, typing, switchTo, history, members, setVisible, setOnline, leave, close } = client;
    const seen: string[] = [];
    const unwatch = watch(({ kind }) => seen.push(kind));
    const sent = send("hello").catch(() => undefined);
    typing();
    setVisible(false);
    setOnline(false);
    await switchTo("fast");
    await members();
    expect(typeof history).toBe("function");
    await leave();
    close();
    await sent;
    unwatch();
    expect(seen).toEqual(["live", "closed"]);
    expect(fast.links).toHaveLength(1);
  });
});
