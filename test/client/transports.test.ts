import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/protocol/errors.ts";
import type { DownEvent } from "../../src/protocol/events.ts";
import { type Attach, type Link, LinkError, type Platform } from "../../src/transports/contract.ts";
import { longPolling } from "../../src/transports/long-polling/client.ts";
import { callJson, retryAfterMs } from "../../src/transports/shared/http.client.ts";
import { isDownEvent } from "../../src/transports/shared/incoming.client.ts";
import { advance } from "../../src/transports/shared/poll.client.ts";
import { shortPolling } from "../../src/transports/short-polling/client.ts";
import { sse } from "../../src/transports/sse/client.ts";
import { asCursor, asSession } from "../support/cast.ts";
import { say } from "../support/ids.ts";
import { json, refusal } from "./support/fakeApi.ts";
import { ManualPlatform, settle } from "./support/manualPlatform.ts";
import { live, message } from "./support/scene.ts";

const attach: Attach = {
  base: new URL("http://server.test/sub/"),
  session: asSession("secret"),
  after: asCursor("e1-5"),
  reader: 3,
};

interface Request {
  readonly url: URL;
  readonly headers: Headers;
  readonly cache: string | undefined;
  readonly signal: AbortSignal | null | undefined;
  answer(response: Response | Error): Promise<void>;
}

/** A fetch whose requests the test answers one by one. */
function desk() {
  const platform = new ManualPlatform();
  const requests: Request[] = [];
  platform.fetch = (input, init) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    requests.push({
      url: new URL(input instanceof globalThis.Request ? input.url : input),
      headers: new Headers(init?.headers),
      cache: init?.cache,
      signal: init?.signal,
      answer: async (response) => {
        if (response instanceof Error) reject(response);
        else resolve(response);
        await settle();
      },
    });
    return promise;
  };
  const request = (index: number): Request => {
    const found = requests.at(index);
    if (found === undefined) throw new Error(`there is no request ${index}`);
    return found;
  };
  return { platform, requests, request, lifetime: new AbortController() };
}

/** Collects what a link yields, and how it ended. */
function collect(link: Link) {
  const events: DownEvent[] = [];
  const ending: { value: "open" | "ended" | Error } = { value: "open" };
  void (async () => {
    try {
      for await (const event of link) events.push(event);
      ending.value = "ended";
    } catch (error) {
      ending.value = error instanceof Error ? error : new Error(String(error));
    }
  })();
  return { events, ending };
}

describe("requests", () => {
  const call = { base: attach.base, session: attach.session, path: "api/members" };

  it.each([
    { origin: undefined, header: "Bearer secret", query: null },
    { origin: "http://server.test", header: "Bearer secret", query: null },
    { origin: "http://elsewhere.test", header: null, query: "secret" },
  ])("carry the session so that no preflight is due (page at $origin)", async ({ origin, header, query }) => {
    const { platform, request, lifetime } = desk();
    const world: Platform = {
      ...platform,
      fetch: platform.fetch,
      origin,
      now: platform.now,
      wallNow: platform.wallNow,
    };
    void callJson({ ...world, random: platform.random, schedule: platform.schedule }, call, lifetime.signal).catch(
      () => undefined,
    );
    await settle();
    expect(request(0).url.pathname).toBe("/sub/api/members");
    expect(request(0).headers.get("authorization")).toBe(header);
    expect(request(0).url.searchParams.get("session")).toBe(query);
    lifetime.abort();
  });

  it.each([
    [404, { code: "session_unknown", message: "gone", retry: false }, "session_unknown", "gone"],
    [404, "<h1>Not here</h1>", "not_found", undefined],
    [403, {}, "not_allowed", undefined],
    [502, "", "internal", undefined],
    [503, "busy", "overloaded", undefined],
    [418, { code: "teapot" }, "malformed", undefined],
  ])("refused with %i and %j reject with the table's entry", async (status, body, code, text) => {
    const { platform, request, lifetime } = desk();
    const outcome = callJson(platform, call, lifetime.signal).catch((error: unknown) => error);
    await settle();
    await request(0).answer(typeof body === "string" ? new Response(body, { status }) : json(status, body));
    const error = await outcome;
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code, ...(text === undefined ? {} : { message: text }) });
    expect(platform.pending).toBe(0);
  });

  it("answered with something that is not JSON are the network's fault", async () => {
    const { platform, request, lifetime } = desk();
    const outcome = expect(callJson(platform, call, lifetime.signal)).rejects.toBeInstanceOf(LinkError);
    await settle();
    await request(0).answer(new Response("<h1>Log in to this Wi-Fi</h1>"));
    await outcome;
  });

  it("are given up after 10 s, and with their lifetime", async () => {
    const { platform, request, lifetime } = desk();
    const late = expect(callJson(platform, call, lifetime.signal)).rejects.toThrow("10000 ms");
    await platform.advance(10_000);
    await late;
    expect(request(0).signal?.aborted).toBe(true);
    const cut = expect(callJson(platform, call, lifetime.signal)).rejects.toBeInstanceOf(LinkError);
    await settle();
    lifetime.abort();
    await cut;
    expect(platform.pending).toBe(0);
  });

  it.each([
    ["7", 7_000],
    ["Thu, 01 Jan 1970 00:01:00 GMT", 59_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
  ])("understand Retry-After: %s", (value, ms) => {
    expect(retryAfterMs(new Headers({ "retry-after": value }), 1_000)).toBe(ms);
  });
});

describe("what comes in", () => {
  it.each([{ type: "poem" }, { type: "toString" }, {}, null, [], "message", 3])(
    "ignores %j, which a later version may send",
    (value) => {
      expect(isDownEvent(value)).toBe(false);
    },
  );

  it.each([
    { type: "message", seq: "6" },
    { ...message(6), from: null },
    { type: "live", at: 1, cursor: "nonsense", replayed: 0 },
    { type: "gap", cursor: "e1-1" },
    { type: "idle" },
  ])("does not take %j for an event", (value) => {
    expect(() => isDownEvent(value)).toThrow(LinkError);
  });

  it("counts the next cursor from numbered events, `gap` and `live`", () => {
    expect(advance(asCursor("e1-5"), [message(6), message(7)])).toBe("e1-7");
    expect(advance(asCursor("e1-5"), [{ type: "gap", cursor: asCursor("e2-9"), missed: null }, message(10)])).toBe(
      "e2-10",
    );
    expect(advance(undefined, [live("e1-3")])).toBe("e1-3");
    expect(() => advance(undefined, [message(1)])).toThrow(LinkError);
  });
});

describe("long polling", () => {
  it("asks first without a hold, then with one, each time from where it has come to", async () => {
    const { platform, requests, request, lifetime } = desk();
    const link = longPolling.connect(attach, platform, lifetime.signal);
    const { events } = collect(link);
    await settle();
    expect(request(0).url.href).toBe("http://server.test/sub/transports/long-polling?reader=3&after=e1-5&hold=0");
    expect(request(0).cache).toBe("no-store");
    await request(0).answer(json(200, [message(6), { type: "poem" }]));
    expect(await link.opened).toEqual({ replayed: 1 });
    expect(request(1).url.search).toBe("?reader=3&after=e1-6&hold=23750");
    await platform.advance(20_000);
    await request(1).answer(json(200, [message(7)]));
    expect(request(2).url.searchParams.get("after")).toBe("e1-7");
    expect(events.map((event) => event.type)).toEqual(["message", "message"]);
    lifetime.abort();
    await settle();
    expect(requests).toHaveLength(3);
    expect(platform.pending).toBe(0);
  });

  it("gives up an answer that is 10 s later than its hold", async () => {
    const { platform, request, lifetime } = desk();
    const { ending } = collect(longPolling.connect(attach, platform, lifetime.signal));
    await settle();
    await request(0).answer(json(200, [{ type: "idle", at: 1 }]));
    await platform.advance(33_749);
    expect(ending.value).toBe("open");
    await platform.advance(1);
    expect(ending.value).toBeInstanceOf(LinkError);
  });

  it("does not ask at full speed where something answers empty at once", async () => {
    const { platform, requests, request, lifetime } = desk();
    collect(longPolling.connect(attach, platform, lifetime.signal));
    await settle();
    await request(0).answer(json(200, []));
    await request(1).answer(json(200, []));
    expect(requests).toHaveLength(2);
    await platform.advance(1_000);
    expect(requests).toHaveLength(3);
    lifetime.abort();
  });

  it("ends with `bye`, throws what the server refused, and what the network did", async () => {
    const cases: [Response | Error, unknown][] = [
      [json(200, [message(6), { type: "bye", reason: "drain", retry: true }]), "ended"],
      [refusal(409, "superseded"), { code: "superseded" }],
      [new TypeError("cut"), { name: "LinkError" }],
      [json(200, { not: "an array" }), { name: "LinkError" }],
    ];
    for (const [answer, expected] of cases) {
      const { platform, request, lifetime } = desk();
      const { ending } = collect(longPolling.connect(attach, platform, lifetime.signal));
      await settle();
      await request(0).answer(answer);
      if (typeof expected === "string") expect(ending.value).toBe(expected);
      else expect(ending.value).toMatchObject(Object(expected));
    }
  });
});

describe("short polling", () => {
  it("asks every 2 s, and at once while it is catching up", async () => {
    const { platform, requests, request, lifetime } = desk();
    const link = shortPolling.connect(attach, platform, lifetime.signal);
    collect(link);
    await settle();
    expect(request(0).url.search).toBe("?reader=3&after=e1-5");
    await request(0).answer(
      json(
        200,
        Array.from({ length: 500 }, (_, index) => message(6 + index)),
      ),
    );
    expect(request(1).url.searchParams.get("after")).toBe("e1-505");
    await request(1).answer(json(200, [message(506)]));
    await platform.advance(1_999);
    expect(requests).toHaveLength(2);
    await platform.advance(1);
    expect(request(2).url.searchParams.get("after")).toBe("e1-506");
    lifetime.abort();
    await settle();
    expect(platform.pending).toBe(0);
  });

  it("posts commands and takes replies, refusals included", async () => {
    const { platform, request, lifetime } = desk();
    const link = shortPolling.connect(attach, platform, lifetime.signal);
    await settle();
    const command = say("hello");
    const reply = link.execute(command);
    await settle();
    expect(request(1).url.pathname).toBe("/sub/api/commands");
    const refused = {
      type: "refused",
      id: command.id,
      code: "too_many",
      message: "slow",
      retry: true,
      retryAfterMs: 50,
    };
    await request(1).answer(json(429, refused));
    expect(await reply).toEqual(refused);
    const other = expect(link.execute(command)).rejects.toMatchObject({ code: "session_unknown" });
    await settle();
    await request(2).answer(refusal(404, "session_unknown"));
    await other;
    lifetime.abort();
  });
});

describe("SSE", () => {
  function stream(text: string, pieceBytes: number): Response {
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += pieceBytes) controller.enqueue(bytes.slice(at, at + pieceBytes));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
  }

  it.each([1, 2, 3, 7, 10_000])(
    "reads events cut into pieces of %i bytes, multi-byte characters and all",
    async (piece) => {
      const { platform, request, lifetime } = desk();
      const link = sse.connect(attach, platform, lifetime.signal);
      const { events, ending } = collect(link);
      await settle();
      const said = { ...message(6), text: "größe 🚀 \u2028\r\n\0" };
      const block = (type: string, event: DownEvent) => `${type}data: ${JSON.stringify(event)}\n\n`;
      const text = `retry: 2000\nid: e1-5\n\n: hello\n\n${block("id: e1-6\n", said)}${block("event: live\nid: e1-6\n", live("e1-6", 1))}`;
      await request(0).answer(stream(text, piece));
      expect(await link.opened).toEqual({ replayed: 1 });
      await settle();
      expect(events).toEqual([said, live("e1-6", 1)]);
      expect(ending.value).toBe("ended");
    },
  );

  it.each([
    [new Response(null, { status: 204 }), { code: "superseded" }],
    [refusal(503, "draining", { "retry-after": "2" }), { code: "draining", retryAfterMs: 2_000 }],
    [new Response("<h1>Portal</h1>", { headers: { "content-type": "text/html" } }), { name: "LinkError" }],
  ])("throws what stands in the way of a stream (%#)", async (response, expected) => {
    const { platform, request, lifetime } = desk();
    const link = sse.connect(attach, platform, lifetime.signal);
    const { ending } = collect(link);
    await settle();
    await request(0).answer(response);
    expect(ending.value).toMatchObject(expected);
    await expect(link.opened).rejects.toMatchObject(expected);
  });

  it("cancels its stream when its lifetime ends", async () => {
    const { platform, request, lifetime } = desk();
    const { ending } = collect(sse.connect(attach, platform, lifetime.signal));
    await settle();
    lifetime.abort();
    await settle();
    expect(request(0).signal?.aborted).toBe(true);
    expect(ending.value).toBe("ended");
  });
});
