import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom } from "../support/ids.ts";
import { LAB } from "../support/lab.ts";
import { ask, UPGRADE } from "../support/raw-http.ts";

const ORIGIN = "https://chat.example";
const folder = new Folder();
let server: RunningServer;
let headers: Record<string, string>;
let cursor: string;
beforeAll(async () => {
  mkdirSync(folder.at("assets"));
  mkdirSync(folder.at("lab"));
  for (const file of ["index.html", "assets/main-1.js", "lab/index.html"]) writeFileSync(folder.at(file), `<p>${file}`);
  server = await startServer({ pageRoot: folder.path, lab: LAB, echo: true, origins: [ORIGIN] });
  const opened = await new Api(server.url).openSession(freshRoom());
  headers = { authorization: `Bearer ${opened.session}` };
  cursor = opened.cursor;
});
afterAll(async () => {
  await server.close();
  folder[Symbol.dispose]();
});
const at = (path: string): URL => new URL(path.replace("CURSOR", cursor), server.url);

const READ = [
  ...["/", "/index.html", "/assets/main-1.js", "/page.json", "/healthz", "/readyz", "/metrics"],
  ...["/lab", "/lab/", "/lab/wire", "/lab/info"],
  ...["/api/sessions/current", "/api/members", "/api/history?before=CURSOR"],
];
/** What never ends, waits, or becomes something else. */
const HELD = [...clientTransports.map(({ name }) => `/transports/${name}?hold=0`), "/lab/control", "/echo"];

describe("HEAD", () => {
  test.each(READ)("%s has the status and headers of GET, and no body", async (path) => {
    const got = await ask(at(path), { headers });
    const head = await ask(at(path), { method: "HEAD", headers });
    expect(got.status).toBe(200);
    expect([head.status, head.body]).toEqual([got.status, ""]);
    const { date: _one, "content-length": _length, ...of } = got.headers;
    const { date: _other, "content-length": _same, ...without } = head.headers;
    expect(without).toEqual(of);
  });

  test("without a session is refused like GET", async () => {
    expect((await ask(at("/api/members"), { method: "HEAD" })).status).toBe(401);
  });

  test.each(HELD)("%s is refused, with what is allowed, and opens no reader", async (path) => {
    const before = (await ask(at("/metrics"))).body.match(/^skyrocket_attached_total.*$/gm);
    for (const more of [{}, UPGRADE]) {
      const { status, headers: answer } = await ask(at(path), { method: "HEAD", headers: { ...headers, ...more } });
      expect([status, answer["allow"]]).toEqual([405, "GET"]);
    }
    expect(server.counts.connections).toBe(0);
    expect((await ask(at("/metrics"))).body.match(/^skyrocket_attached_total.*$/gm)).toEqual(before);
  });
});

test("Allow and a preflight agree: every method that a route takes may be asked for by an allowed origin", async () => {
  const methods = new Set<string>();
  for (const path of [...READ, ...HELD, "/api/sessions", "/api/commands"]) {
    const { status, headers: answer } = await ask(at(path), { method: "PUT" });
    expect(status, path).toBe(405);
    for (const method of String(answer["allow"]).split(", ")) methods.add(method);
  }
  const preflight = await ask(at("/api/sessions"), { method: "OPTIONS", headers: { origin: ORIGIN } });
  expect(String(preflight.headers["access-control-allow-methods"]).split(", ").toSorted()).toEqual(
    [...methods].toSorted(),
  );
});

test.each(["authorization", "content-type", "last-event-id", "cache-control"])(
  "a preflight allows %s, which the server reads or clients of SSE send",
  async (name) => {
    for (const path of ["/api/commands", "/transports/sse"]) {
      const asked = { origin: ORIGIN, "access-control-request-method": "GET", "access-control-request-headers": name };
      const { status, headers: answer } = await ask(at(path), { method: "OPTIONS", headers: asked });
      expect(status).toBe(204);
      expect(String(answer["access-control-allow-headers"]).split(", ")).toContain(name);
    }
  },
);

describe("what is not there", () => {
  const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  test.each([
    ["/nowhere", BROWSER, "text/html", /There is no such page.*href="\.\/"/],
    ["/a/b/c", "text/html", "text/html", /href="\.\.\/\.\.\/"/],
    ["/api/nowhere", BROWSER, "text/html", /There is no such page/],
    ["/lab/nowhere", BROWSER, "text/html", /There is no such page/],
    ["/nowhere", "*/*", "application/json", /"code":"not_found"/],
    ["/nowhere", "application/json", "application/json", /"code":"not_found"/],
    ["/nowhere", "application/json, text/html;q=0", "application/json", /"code":"not_found"/],
    ["/nowhere", undefined, "application/json", /"code":"not_found"/],
    ["/%3Cscript%3Ealert(1)%3C/script%3E", BROWSER, "text/html", /^(?!.*script)/s],
  ])("%s is answered 404 to Accept: %s, as %s", async (path, accept, type, body) => {
    const answer = await ask(at(path), { headers: accept === undefined ? {} : { accept } });
    expect(answer.status).toBe(404);
    expect(answer.headers["content-type"]).toBe(`${type}; charset=utf-8`);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body).toMatch(body);
    if (type === "text/html") expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    const posted = await ask(at(path), { method: "POST", headers: accept === undefined ? {} : { accept } });
    expect([posted.status, posted.headers["content-type"]]).toEqual([404, "application/json; charset=utf-8"]);
  });

  test.each(["/lab", "/lab/", "/lab/wire", "/lab/bench", "/lab/replay"])(
    "%s says to a browser how to get a laboratory, where there is none",
    async (path) => {
      const without = await startServer({ pageRoot: folder.path });
      const { status, body } = await ask(new URL(path, without.url), { headers: { accept: BROWSER } });
      await without.close();
      expect(status).toBe(404);
      expect(body).toContain("<code>--lab</code>");
    },
  );
});
