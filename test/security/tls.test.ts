import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import type { TlsFiles } from "../../src/server/tls.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom } from "../support/ids.ts";
import { trustedCertificate } from "../support/tls.ts";
import { fetchByHttp1, fetchByHttp2 } from "../support/tls-fetch.ts";

let folder: Folder;
let tls: TlsFiles;

beforeAll(() => {
  folder = new Folder();
  tls = trustedCertificate(folder);
});
afterAll(() => folder[Symbol.dispose]());

describe.each([
  ["HTTP/1.1", fetchByHttp1],
  ["HTTP/2", fetchByHttp2],
])("the limits of an address, over TLS by %s,", (_name, fetch) => {
  async function withServer(
    settings: Parameters<typeof startServer>[0],
    run: (server: RunningServer) => Promise<void>,
  ) {
    const server = await startServer({ tls, ...settings });
    try {
      await run(server);
    } finally {
      await server.close();
    }
  }

  const join = (server: RunningServer, headers: Record<string, string> = {}) =>
    fetch(new URL("/api/sessions", server.url), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ room: freshRoom(), name: "Ada" }),
    });

  test("hold for sessions", async () => {
    await withServer({ settings: { addressSessionRate: { perSecond: 0.01, burst: 2 } } }, async (server) => {
      const statuses: number[] = [];
      for (let n = 0; n < 3; n += 1) statuses.push((await join(server)).status);
      expect(statuses).toEqual([201, 201, 429]);
    });
  });

  test("hold for requests, and say when to come back", async () => {
    await withServer({ settings: { addressRequestRate: { perSecond: 0.01, burst: 2 } } }, async (server) => {
      const answers: Response[] = [];
      for (let n = 0; n < 3; n += 1) answers.push(await fetch(new URL("/api/members", server.url)));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
      expect(answers[2]?.headers.get("retry-after")).toBe("100");
    });
  });

  test("hold for connections in all", async () => {
    await withServer({ settings: { connections: 0 } }, async (server) => {
      const answer = await fetch(new URL("/api/members", server.url));
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
      expect((await fetch(new URL("/healthz", server.url))).status).toBe(200);
    });
  });

  test("hold for foreign origins and hosts", async () => {
    await withServer({}, async (server) => {
      expect((await join(server, { origin: "https://evil.example" })).status).toBe(403);
      expect((await join(server, { origin: server.url.origin })).status).toBe(201);
      expect((await join(server, { origin: server.url.origin.replace("https:", "http:") })).status).toBe(403);
    });
  });
});
