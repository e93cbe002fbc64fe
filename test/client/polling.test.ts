import { describe, expect, test } from "vitest";
import { LinkError } from "../../src/transports/contract.ts";
import { longPolling } from "../../src/transports/long-polling/client.ts";
import { shortPolling } from "../../src/transports/short-polling/client.ts";
import { say } from "../support/ids.ts";
import { attach, collect, desk } from "./support/desk.ts";
import { json, refusal } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { message } from "./support/scene.ts";

describe("long polling", () => {
  test("long polling sends its first poll without a hold, the others with one, each from its cursor", async () => {
    const { platform, requests, request, lifetime } = desk();
    const link = longPolling.connect(attach, platform, lifetime.signal);
    const { events } = collect(link);
    await settle();
    expect(request(0).url.href).toBe(
      "http://server.test/sub/transports/long-polling?reader=3&hold=0&after=e1-5&t=zik0zk",
    );
    expect(request(0).cache).toBe("no-store");
    await request(0).answer(json(200, [message(6), { type: "poem" }]));
    expect(await link.opened).toEqual({ replayed: 1 });
    expect(request(1).url.search).toBe("?reader=3&hold=23750&after=e1-6&t=zik0zk");
    await platform.advance(20_000);
    await request(1).answer(json(200, [message(7)]));
    expect(request(2).url.searchParams.get("after")).toBe("e1-7");
    expect(events.map((event) => event.type)).toEqual(["message", "message"]);
    lifetime.abort();
    await settle();
    expect(requests).toHaveLength(3);
    expect(platform.pending).toBe(0);
  });

  test("a long poll fails 10 s after its hold", async () => {
    const { platform, request, lifetime } = desk();
    const { ending } = collect(longPolling.connect(attach, platform, lifetime.signal));
    await settle();
    await request(0).answer(json(200, [{ type: "idle", at: 1 }]));
    await platform.advance(33_749);
    expect(ending.value).toBe("open");
    await platform.advance(1);
    expect(ending.value).toBeInstanceOf(LinkError);
  });

  test("long polling does not poll at full speed if empty responses come at once", async () => {
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

  test("a polling link ends with `bye`, and throws refusals and network failures", async () => {
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
  test("short polling polls every 2 s, and at once while it is catching up", async () => {
    const { platform, requests, request, lifetime } = desk();
    const link = shortPolling.connect(attach, platform, lifetime.signal);
    collect(link);
    await settle();
    expect(request(0).url.search).toBe("?reader=3&after=e1-5&t=zik0zk");
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

  test("short polling polls again at once after a response full of long texts", async () => {
    const { platform, requests, request, lifetime } = desk();
    collect(shortPolling.connect(attach, platform, lifetime.signal));
    await settle();
    const long = Array.from({ length: 10 }, (_, index) => ({ ...message(6 + index), text: "\0".repeat(3_990) }));
    await request(0).answer(json(200, long));
    expect(requests).toHaveLength(2);
    await request(1).answer(json(200, long.slice(0, 5)));
    expect(requests).toHaveLength(2);
    lifetime.abort();
  });

  test("a polling link posts commands and returns replies, even refusals", async () => {
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
