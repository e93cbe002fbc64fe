import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/protocol/errors.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { freshId, freshRoom } from "../../support/ids.ts";
import type { Answer } from "../../support/raw-http.ts";
import { expectFailure, expectRefusal, scene } from "./scene.ts";

const get = scene();

const post = (path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  get().send(path, {
    method: "POST",
    body,
    headers: { authorization: `Bearer ${get().member.session}`, "content-type": "application/json", ...headers },
  });

/** Returns a command with `text` as valid JSON of exactly this many bytes. */
function padded(command: object, bytes: number): string {
  const text = JSON.stringify(command);
  return text + " ".repeat(bytes - Buffer.byteLength(text));
}

const ROUTES = [
  { path: "/api/sessions", good: { room: "lobby", name: "Ada" } },
  { path: "/api/commands", good: { type: "typing", id: "c" } },
] as const;

describe.each(ROUTES)("the body of POST $path", ({ path, good }) => {
  const bodies: readonly { what: string; body: string | Buffer; code: ErrorCode }[] = [
    { what: "half an object", body: '{"type":', code: "malformed" },
    { what: "no JSON", body: "type=say", code: "malformed" },
    { what: "nothing at all", body: "", code: "malformed" },
    { what: "two values", body: "{} {}", code: "malformed" },
    { what: "NaN", body: '{"type":NaN}', code: "malformed" },
    { what: "a single-quoted string", body: "{'type':'say'}", code: "malformed" },
    {
      what: "a byte that is no UTF-8",
      body: Buffer.from([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')]),
      code: "malformed",
    },
    {
      what: "an overlong encoding",
      body: Buffer.from([...Buffer.from('{"name":"'), 0xc0, 0x80, ...Buffer.from('"}')]),
      code: "malformed",
    },
    {
      what: "half a character",
      body: Buffer.from([...Buffer.from('{"name":"'), 0xf0, 0x9f, ...Buffer.from('"}')]),
      code: "malformed",
    },
    { what: "a prototype to poison", body: '{"__proto__":{"admin":true}}', code: "malformed" },
    { what: "a constructor to poison", body: '{"constructor":{"prototype":{"admin":true}}}', code: "malformed" },
    { what: "one byte over the limit", body: padded(good, LIMITS.bodyBytes + 1), code: "too_large" },
    { what: "far over the limit", body: Buffer.alloc(1_048_576, 0x20), code: "too_large" },
  ];

  test.each(bodies)("a body that is $what is refused as $code", async ({ body, code }) => {
    expectFailure(await post(path, body), code);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "json",
    "",
  ])("of type %j: unsupported_type", async (type) => {
    expectFailure(await post(path, JSON.stringify(good), { "content-type": type }), "unsupported_type");
  });

  test("a body of type JSON with a charset is accepted", async () => {
    const answer = await post(path, JSON.stringify(good), { "content-type": "application/json; charset=utf-8" });
    expect([200, 201]).toContain(answer.status);
  });

  test("a body of exactly the limit is accepted", async () => {
    const answer = await post(path, padded(good, LIMITS.bodyBytes));
    expect([200, 201]).toContain(answer.status);
  });

  test("a body nested a thousand deep is refused like any other", async () => {
    const answer = await post(path, `${"[".repeat(1_000)}${"]".repeat(1_000)}`);
    expect(answer.status).toBe(422);
  });
});

describe("invalid commands", () => {
  const commands: readonly { what: string; command: unknown; id: string }[] = [
    { what: "null", command: null, id: "" },
    { what: "an array", command: [{ type: "say", id: "c", text: "x" }], id: "" },
    { what: "a string", command: "say", id: "" },
    { what: "a number", command: 1, id: "" },
    { what: "no type", command: { id: "c", text: "x" }, id: "c" },
    { what: "an unknown type", command: { type: "shout", id: "c", text: "x" }, id: "c" },
    { what: "a down event", command: { type: "message", seq: 1, at: 1, id: "c", text: "x" }, id: "c" },
    { what: "no id", command: { type: "say", text: "x" }, id: "" },
    { what: "an empty id", command: { type: "say", id: "", text: "x" }, id: "" },
    { what: "an id that is a number", command: { type: "say", id: 7, text: "x" }, id: "" },
    { what: "an id of 65 characters", command: { type: "say", id: "c".repeat(65), text: "x" }, id: "" },
    { what: "no text", command: { type: "say", id: "c" }, id: "c" },
    { what: "an empty text", command: { type: "say", id: "c", text: "" }, id: "c" },
    { what: "a text that is a number", command: { type: "say", id: "c", text: 1 }, id: "c" },
    { what: "a text of 4,001 code points", command: { type: "say", id: "c", text: "é".repeat(4_001) }, id: "c" },
    { what: "a lone high surrogate in the text", command: { type: "say", id: "c", text: "a\ud83d" }, id: "c" },
    { what: "a lone low surrogate in the text", command: { type: "say", id: "c", text: "\ude80a" }, id: "c" },
    { what: "surrogates in the wrong order", command: { type: "say", id: "c", text: "\ude80\ud83d" }, id: "c" },
    { what: "a field too many", command: { type: "say", id: "c", text: "x", admin: true }, id: "c" },
    { what: "alive with an id", command: { type: "alive", id: "c" }, id: "c" },
    { what: "an inherited name as its type", command: { type: "toString", id: "c" }, id: "c" },
  ];

  test.each(commands)("an invalid command ($what) is refused as unprocessable", async ({ command, id }) => {
    expectRefusal(await post("/api/commands", JSON.stringify(command)), "unprocessable", id);
  });

  test("an id with a lone surrogate is refused and not echoed", async () => {
    const answer = await post("/api/commands", '{"type":"say","id":"\\ud83d","text":"x"}');
    expectRefusal(answer, "unprocessable", "");
  });
});

describe("commands without a valid session", () => {
  const command = JSON.stringify({ type: "say", id: "c", text: "x" });
  const nobody = (headers: Readonly<Record<string, string>>, body = command): Promise<Answer> =>
    get().send("/api/commands", { method: "POST", body, headers: { "content-type": "application/json", ...headers } });

  test("a command without a session is refused", async () => expectFailure(await nobody({}), "session_missing"));
  test("an invalid command without a session is refused for its session", async () =>
    expectFailure(await nobody({}, "{}"), "session_missing"));
  test("a command with a forged session is refused", async () =>
    expectFailure(await nobody({ authorization: "Bearer x.y" }), "session_unknown"));
  test("a command from a foreign origin is refused", async () => {
    const headers = { authorization: `Bearer ${get().member.session}`, origin: "https://evil.example" };
    expectFailure(await nobody(headers), "not_allowed");
  });
  test("a command of a session that has left is refused", async () => {
    const { session } = await get().api.openSession(get().room);
    expect(await get().api.execute(session, { type: "leave", id: freshId() })).toMatchObject({ type: "ok" });
    expectFailure(await nobody({ authorization: `Bearer ${session}` }), "session_unknown");
  });
});

describe("names and rooms", () => {
  const open = (body: object): Promise<Answer> => post("/api/sessions", JSON.stringify(body));

  test.each([
    ["empty", ""],
    ["blank", "   "],
    ["a no-break space alone", "\u00a0"],
    ["33 characters", "n".repeat(33)],
    ["33 emoji", "🚀".repeat(33)],
    ["a line feed", "a\nb"],
    ["NUL", "a\u0000b"],
    ["a C1 control", "a\u0085b"],
    ["a right-to-left override", "a\u202eb"],
    ["a right-to-left isolate", "a\u2067b"],
    ["a zero-width space", "a\u200bb"],
    ["a zero-width joiner", "a\u200db"],
    ["a byte order mark", "\ufeffa"],
    ["a line separator", "a\u2028b"],
    ["a lone surrogate", "a\ud83db"],
    ["a tag character", "a\u{e0041}b"],
    ["a number", 7],
    ["null", null],
  ])("a name that is %s is refused", async (_what, name) => {
    expectFailure(await open({ room: "lobby", name }), "unprocessable");
  });

  test.each(["n".repeat(32), "🚀".repeat(32), "Ada Lovelace", "日本", "Ægir", "<script>alert(1)</script>", "-"])(
    "the name %j is accepted unchanged",
    async (name) => {
      const answer = await open({ room: freshRoom(), name });
      expect(answer.status).toBe(201);
      expect(JSON.parse(answer.body)).toMatchObject({ member: { name } });
    },
  );

  test.each(["", "-a", "A", "a_b", "a b", "a/b", "../a", "é", "a".repeat(65), "a\n", "a\u0000", 7, null])(
    "the room %j is refused",
    async (room) => {
      expectFailure(await open({ room, name: "Ada" }), "unprocessable");
    },
  );

  test.each(["key", "admin"])("a field %s of the wrong type is refused", async (field) => {
    expectFailure(await open({ room: "lobby", name: "Ada", [field]: 1 }), "unprocessable");
  });
});

describe("addresses and methods", () => {
  const good = (): Record<string, string> => ({ authorization: `Bearer ${get().member.session}` });

  test.each([
    "/nothing",
    "/api",
    "/api/",
    "/api/nothing",
    "/transports",
    "/transports/",
    "/transports/nothing",
    "/api/sessions/",
    "/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
  ])("nothing is at %s", async (path) => expectFailure(await get().send(path, { headers: good() }), "not_found"));

  test.each(["/%", "/%zz", "/api/%E0%A4%A"])("the path %s is refused as malformed", async (path) => {
    const answer = await get().send(path, {});
    expectFailure(answer, answer.status === 404 ? "not_found" : "malformed");
  });

  test.each([
    ["GET", "/api/sessions", "POST"],
    ["GET", "/api/commands", "POST"],
    ["PUT", "/api/commands", "POST"],
    ["POST", "/api/sessions/current", "GET, HEAD, DELETE"],
    ["POST", "/api/history", "GET, HEAD"],
    ["DELETE", "/api/members", "GET, HEAD"],
    ["POST", "/healthz", "GET, HEAD"],
  ])("%s %s: 405, and Allow is %s", async (method, path, allow) => {
    const answer = await get().send(path, { method, headers: good() });
    expectFailure(answer, "method_not_allowed");
    expect(answer.headers["allow"]).toBe(allow);
  });

  test.each([
    "",
    "before=",
    "before=x",
    "before=elsewher-1&limit=0",
    "before=elsewher-1&limit=501",
    "before=elsewher-1&limit=x",
    "before=elsewher-1&limit=1.5",
    "before=a-1&before=a-2",
  ])("history?%s is malformed", async (query) =>
    expectFailure(await get().send(`/api/history?${query}`, { headers: good() }), "malformed"),
  );

  test.each(["/api/sessions/current", "/api/members", "/api/history?before=a-1"])(
    "a request to %s without a session is refused",
    async (path) => {
      expectFailure(await get().send(path, {}), "session_missing");
      expectFailure(await get().send(path, { headers: { authorization: "Bearer x.y" } }), "session_unknown");
    },
  );

  test("a preflight from a foreign origin is refused, one from the server's own is not", async () => {
    const asked = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    };
    const foreign = { ...asked, origin: "https://evil.example" };
    expectFailure(await get().send("/api/commands", { method: "OPTIONS", headers: foreign }), "not_allowed");
    const own = { ...asked, origin: get().server.url.origin };
    const answer = await get().send("/api/commands", { method: "OPTIONS", headers: own });
    expect(answer.status).toBe(204);
    expect(answer.headers["access-control-max-age"]).toBe("7200");
    expect(answer.headers["access-control-allow-headers"]).toBe(
      "authorization, cache-control, content-type, last-event-id",
    );
  });

  test("an overlong session is refused without being verified", async () => {
    const answer = await get().send("/api/members", { headers: { authorization: `Bearer ${"x".repeat(2_000)}` } });
    expect([401, 404]).toContain(answer.status);
  });
});
