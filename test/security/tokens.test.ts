import { describe, expect, test } from "vitest";
import { TokenMint } from "../../src/chat/token.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { asMember, asRoom } from "../support/cast.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, UPGRADE } from "../support/raw-http.ts";
import { get, useServer } from "./support.ts";

const SECRET = "the secret of this test's server";
const server = useServer({ secret: SECRET, rateLimit: false });

const claim = () => ({
  room: asRoom(freshRoom()),
  keyId: "",
  member: asMember("m0123456789"),
  name: "Mallory",
  expiresAt: Date.now() + 60_000,
});

/** Statuses of every way to use a session, by what it is. */
async function statuses(session: string): Promise<Readonly<Record<string, number>>> {
  const bearer = { authorization: `Bearer ${session}` };
  const found: Record<string, number> = {};
  for (const path of ["/api/sessions/current", "/api/members", "/api/history?before=abc-1"]) {
    found[path] = (await get(server(), path, bearer)).status;
  }
  const command = { method: "POST", headers: { ...bearer, "content-type": "application/json" } };
  found["/api/commands"] = (
    await ask(new URL("/api/commands", server().url), { ...command, body: JSON.stringify(say("forged")) })
  ).status;
  for (const { name, duplex } of clientTransports) {
    const url = new URL(`/transports/${name}?session=${encodeURIComponent(session)}&hold=0`, server().url);
    found[name] = (await ask(url, { headers: duplex ? UPGRADE : {} }, true)).status;
  }
  return found;
}

test.each(["Bearer a b", "bearer a b", "BEARER  a b"])(
  "two tokens in one header are no session: %s",
  async (authorization) => {
    const { status, body } = await get(server(), "/api/members", { authorization });
    expect([status, JSON.parse(body).code]).toEqual([401, "session_missing"]);
  },
);

const all = (status: number) =>
  expect.toSatisfy((found: object) => Object.values(found).every((one) => one === status));

describe("a session that this server did not give out is unknown wherever it is used:", () => {
  test("one signed with another secret", async () => {
    expect(await statuses(new TokenMint("the secret of another server").sign(claim()))).toEqual(all(404));
  });

  test("one that has expired", async () => {
    expect(await statuses(new TokenMint(SECRET).sign({ ...claim(), expiresAt: Date.now() - 1 }))).toEqual(all(404));
  });

  test("one for a lock its room does not have", async () => {
    expect(await statuses(new TokenMint(SECRET).sign({ ...claim(), keyId: "AAAAAAAA" }))).toEqual(all(404));
  });

  test.each([
    ["another room in it", (body: string) => body.replace(/^\S+/, "another-room")],
    ["another member in it", (body: string) => body.replace(/ m\S+/, " m9999999999")],
    ["another name in it", (body: string) => body.replace("Mallory", "Teacher")],
    ["a later end in it", (body: string) => body.replace(/ (\S+) Mallory$/, " zzzzzzzz Mallory")],
  ])("one with %s", async (_what, change) => {
    const [body = "", mac = ""] = new TokenMint(SECRET).sign(claim()).split(".");
    const changed = Buffer.from(change(Buffer.from(body, "base64url").toString())).toString("base64url");
    expect(changed).not.toBe(body);
    expect(await statuses(`${changed}.${mac}`)).toEqual(all(404));
  });

  test.each([
    ["without a signature", (token: string) => `${token.split(".")[0]}.`],
    ["with half a signature", (token: string) => token.slice(0, -11)],
    ["with an empty body", (token: string) => `.${token.split(".")[1]}`],
    ["of two tokens", (token: string) => `${token}${token}`],
    ["of nothing but dots", () => "..."],
    ["of 1,000 characters", () => "x".repeat(1_000)],
  ])("one %s", async (_what, change) => {
    expect(await statuses(change(new TokenMint(SECRET).sign(claim())))).toEqual(all(404));
  });

  test("and one that it did give out is good wherever it is used, for its own room only", async () => {
    const { session, room } = await new Api(server().url).openSession(freshRoom());
    const { "/api/history?before=abc-1": history, websocket, ...found } = await statuses(session);
    expect({ history, websocket }).toEqual({ history: 200, websocket: 101 });
    expect(found).toEqual(all(200));
    const { body } = await get(server(), "/api/sessions/current?room=elsewhere", {
      authorization: `Bearer ${session}`,
    });
    expect(JSON.parse(body)).toMatchObject({ room });
  });
});
