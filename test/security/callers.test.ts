import { describe, expect, test } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { freshRoom } from "../support/ids.ts";
import { ask, UPGRADE } from "../support/raw-http.ts";
import { useServer } from "./support.ts";

const server = useServer({ rateLimit: false, origins: ["https://chat.example"] });

const paths = ["/api/sessions", "/api/members", ...clientTransports.map(({ name }) => `/transports/${name}`)];

describe("Host, on loopback", () => {
  // A page of evil.example whose DNS name is suddenly 127.0.0.1: to the browser all this is its own origin.
  test.each([
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example@127.0.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "[::ffff:127.0.0.1]",
  ])("%j is refused, whatever is asked for", async (host) => {
    const { session } = await new Api(server().url).openSession(freshRoom());
    for (const path of paths) {
      const headers = { host, authorization: `Bearer ${session}`, ...(path.endsWith("websocket") ? UPGRADE : {}) };
      expect((await ask(new URL(path, server().url), { headers }, true)).status).toBe(403);
    }
  });

  test("of an allowed origin is let in, as a proxy on this machine passes it on", async () => {
    const answer = await ask(new URL("/healthz", server().url), { headers: { host: "chat.example" } });
    expect(answer.status).toBe(200);
  });
});

describe("Origin", () => {
  test.each([
    "https://evil.example",
    "null",
    "https://chat.example.evil.example",
    "https://chat.example:8443",
    "http://chat.example",
    "https://evil.example https://chat.example",
    "file://",
    "https://chat.example/",
  ])("%s is refused on every route before anything is done", async (origin) => {
    const { session } = await new Api(server().url).openSession(freshRoom());
    for (const path of paths) {
      const headers = { origin, authorization: `Bearer ${session}`, ...(path.endsWith("websocket") ? UPGRADE : {}) };
      const answer = await ask(new URL(path, server().url), { headers }, true);
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("that claims to be the server's by Host does not help", async () => {
    const headers = { origin: `http://evil.example:${server().url.port}`, host: server().url.host };
    expect((await ask(new URL("/api/members", server().url), { headers })).status).toBe(403);
  });

  test("a preflight of an allowed one says exactly what is allowed, without credentials", async () => {
    const headers = { origin: "https://chat.example", "access-control-request-method": "POST" };
    const { status, headers: answer } = await ask(new URL("/api/sessions", server().url), {
      method: "OPTIONS",
      headers,
    });
    expect(status).toBe(204);
    expect(answer).toMatchObject({
      "access-control-allow-origin": "https://chat.example",
      "access-control-allow-methods": "GET, HEAD, POST, DELETE",
      "access-control-allow-headers": "authorization, cache-control, content-type, last-event-id",
      vary: "Origin",
    });
    expect(answer["access-control-allow-credentials"]).toBeUndefined();
  });

  test("a preflight of any other is refused and says nothing", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const answer = await ask(new URL("/api/sessions", server().url), { method: "OPTIONS", headers });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("an allowed one can read that it calls too often, and when to come back", async () => {
    const limited = await startServer({
      origins: ["https://chat.example"],
      settings: { addressRequestRate: { perSecond: 0.01, burst: 1 } },
    });
    const headers = { origin: "https://chat.example" };
    const statuses = [];
    for (let n = 0; n < 2; n += 1) statuses.push(await ask(new URL("/api/members", limited.url), { headers }));
    await limited.close();
    expect(statuses.map(({ status }) => status)).toEqual([401, 429]);
    expect(statuses[1]?.headers).toMatchObject({
      "access-control-allow-origin": "https://chat.example",
      "access-control-expose-headers": "Retry-After",
      "retry-after": expect.stringMatching(/^[0-9]+$/),
    });
  });
});
