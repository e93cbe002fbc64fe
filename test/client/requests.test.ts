import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError, type Platform } from "../../src/transports/contract.ts";
import { callJson, retryAfterMs } from "../../src/transports/shared/client/http.ts";
import { attach, desk } from "./support/desk.ts";
import { json } from "./support/fake-api.ts";
import { settle } from "./support/manual-platform.ts";

describe("requests", () => {
  const call = { base: attach.base, session: attach.session, path: "api/members" };

  test.each([
    { origin: undefined, header: "Bearer secret", query: null },
    { origin: "http://server.test", header: "Bearer secret", query: null },
    { origin: "http://elsewhere.test", header: null, query: "secret" },
  ])(
    "requests carry the session so that no preflight is needed (page at $origin)",
    async ({ origin, header, query }) => {
      const { platform, request, lifetime } = desk();
      const world: Platform = {
        ...platform,
        fetch: platform.fetch,
        origin,
        clock: platform.clock,
        random: platform.random,
      };
      void callJson(world, call, lifetime.signal).catch(() => undefined);
      await settle();
      expect(request(0).url.pathname).toBe("/sub/api/members");
      expect(request(0).headers.get("authorization")).toBe(header);
      expect(request(0).url.searchParams.get("session")).toBe(query);
      lifetime.abort();
    },
  );

  test.each([
    [404, { code: "session_unknown", message: "gone", retry: false }, "session_unknown", "gone"],
    [404, "<h1>Not here</h1>", "not_found", undefined],
    [403, {}, "not_allowed", undefined],
    [502, "", "internal", undefined],
    [503, "busy", "overloaded", undefined],
    [418, { code: "teapot" }, "malformed", undefined],
  ])("requests refused with %i and %j reject with the entry of the error table", async (status, body, code, text) => {
    const { platform, request, lifetime } = desk();
    const outcome = callJson(platform, call, lifetime.signal).catch((error: unknown) => error);
    await settle();
    await request(0).answer(typeof body === "string" ? new Response(body, { status }) : json(status, body));
    const error = await outcome;
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code, ...(text === undefined ? {} : { message: text }) });
    expect(platform.pending).toBe(0);
  });

  test("requests with a response that is not JSON reject with LinkError", async () => {
    const { platform, request, lifetime } = desk();
    const outcome = expect(callJson(platform, call, lifetime.signal)).rejects.toBeInstanceOf(LinkError);
    await settle();
    await request(0).answer(new Response("<h1>Log in to this Wi-Fi</h1>"));
    await outcome;
  });

  test.each([
    { requestMs: undefined, ms: 10_000 },
    { requestMs: 60_000, ms: 60_000 },
  ])(
    "requests fail after $ms ms with a requestMs of $requestMs, and when their signal is aborted",
    async ({ requestMs, ms }) => {
      const { platform, request, lifetime } = desk();
      if (requestMs !== undefined) platform.requestMs = requestMs;
      const late = expect(callJson(platform, call, lifetime.signal)).rejects.toThrow(`${ms / 1_000} s`);
      await platform.advance(ms - 1);
      expect(request(0).signal?.aborted).toBe(false);
      await platform.advance(1);
      await late;
      expect(request(0).signal?.aborted).toBe(true);
      const cut = expect(callJson(platform, call, lifetime.signal)).rejects.toBeInstanceOf(LinkError);
      await settle();
      lifetime.abort();
      await cut;
      expect(platform.pending).toBe(0);
    },
  );

  test.each([
    ["7", 7_000],
    ["Thu, 01 Jan 1970 00:01:00 GMT", 59_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["86400", 300_000],
    ["9".repeat(400), 300_000],
    ["Fri, 01 Jan 2100 00:00:00 GMT", 300_000],
    ["soon", undefined],
    ["-5", undefined],
    ["1e9", undefined],
    ["", undefined],
  ])("requests understand Retry-After: %s", (value, ms) => {
    expect(retryAfterMs(new Headers({ "retry-after": value }), 1_000)).toBe(ms);
  });
});
