import { describe, expect, test } from "vitest";
import type { DownEvent } from "../../src/protocol/events.ts";
import { sse } from "../../src/transports/sse/client.ts";
import { attach, collect, desk } from "./support/desk.ts";
import { refusal } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";
import { live, message } from "./support/scene.ts";

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

  test.each([1, 2, 3, 7, 10_000])(
    "SSE reads events in chunks of %i bytes, even if a character is split",
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

  test.each([
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

  // As in the web platform tests, eventsource/format-mime-*.
  test.each([
    ["text/event-stream;", true],
    ["text/event-stream;charset=windows-1252", true],
    ["Text/Event-Stream ; foo", true],
    ["x bogus", false],
    ["text/event-stream-bogus", false],
    ["", false],
  ])("SSE accepts a response of type %j as an event stream: %s", async (type, taken) => {
    const { platform, request, lifetime } = desk();
    const link = sse.connect(attach, platform, lifetime.signal);
    const { events, ending } = collect(link);
    await settle();
    const { body } = stream(`data: ${JSON.stringify(live("e1-5"))}\n\n`, 100);
    await request(0).answer(new Response(body, { headers: { "content-type": type } }));
    expect(events.length).toBe(taken ? 1 : 0);
    if (!taken) expect(ending.value).toMatchObject({ name: "LinkError" });
  });

  test("SSE cancels its stream when its signal is aborted", async () => {
    const { platform, request, lifetime } = desk();
    const { ending } = collect(sse.connect(attach, platform, lifetime.signal));
    await settle();
    lifetime.abort();
    await settle();
    expect(request(0).signal?.aborted).toBe(true);
    expect(ending.value).toBe("ended");
  });
});
