import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Access } from "../../src/server/access.ts";
import { type Machine, namesOf } from "../../src/server/machine.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { Folder } from "../support/folder.ts";
import { ask, UPGRADE } from "../support/raw-http.ts";
import { trustedCertificate } from "../support/tls.ts";

const TEACHER: Machine = { addresses: ["192.168.1.20", "fd00::20"], names: namesOf("Teacher") };

interface Guarded {
  readonly scheme?: "http" | "https";
  /** As `--host` gives it, and the address that became of it. */
  readonly host: string;
  readonly address?: string;
  readonly machine?: () => Machine;
  readonly monotonicNow?: () => number;
  readonly warn?: (fields: object, message: string) => void;
}

/** A server of one API route and one file that listens nowhere, and what it answers to a Host and an Origin. */
function guarded({ scheme = "http", host, address = host, monotonicNow = () => 0, ...rest }: Guarded) {
  const { machine = () => TEACHER, warn = () => undefined } = rest;
  const app = Fastify();
  const write = (fields: unknown, message?: string) => warn(Object(fields), message ?? "");
  const log = { warn: write, error: write };
  const access = new Access({ origins: ["https://chat.example"], log, monotonicNow, machine });
  access.guard(app, null);
  access.listensOn({ scheme, host, address, port: 3000 });
  app.setErrorHandler((error, _request, reply) => reply.code(403).send(Object(error).message));
  app.get("/api", () => "api");
  app.get("/file", { config: { publicFile: true } }, () => "file");
  return async (headers: Record<string, string>, url = "/api") => {
    const answer = await app.inject({ url, headers });
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };
}

describe("on every address, a page that this server served may call, however it was reached", () => {
  const asked = guarded({ host: "0.0.0.0" });
  test.each([
    ["by a loopback name", "localhost:3000"],
    ["by a loopback address", "127.0.0.1:3000"],
    ["by another loopback address", "127.0.0.9:3000"],
    ["by a name under localhost", "chat.localhost:3000"],
    ["by IPv6 loopback", "[::1]:3000"],
    ["by the machine's IPv4 address", "192.168.1.20:3000"],
    ["by the machine's IPv6 address", "[fd00::20]:3000"],
    ["by a forwarded port on this machine, as `docker run -p 8080:3000` makes one", "localhost:8080"],
    ["by a forwarded port on another machine's address", "192.168.1.99:8080"],
    ["by a forwarded port 80", "203.0.113.9"],
    ["by the machine's name", "teacher:3000"],
    ["by the machine's mDNS name", "teacher.local:3000"],
    ["by the name that a router gives the machine", "teacher.lan:3000"],
    ["by a name, through a forwarded port", "teacher.local:8080"],
  ])("%s: %s", async (_how, host) => {
    expect(await asked({ host, origin: `http://${host}` })).toMatchObject({ status: 200, body: "api" });
  });

  test("and one of its origins may call another one of its names, as a laboratory's lane is called", async () => {
    expect((await asked({ host: "127.0.0.1:40001", origin: "http://localhost:3000" })).status).toBe(200);
    expect((await asked({ host: "192.168.1.20:3000", origin: "http://teacher.local:3000" })).status).toBe(200);
  });
});

describe("on every address, no other page may call", () => {
  const asked = guarded({ host: "::" });
  test.each([
    ["a rebound name, which has Origin and Host in its power", "evil.example:3000", "http://evil.example:3000"],
    [
      "a rebound name that begins like an address",
      "192.168.1.20.evil.example:3000",
      "http://192.168.1.20.evil.example:3000",
    ],
    [
      "a rebound name that begins like the machine's",
      "teacher.local.evil.example:3000",
      "http://teacher.local.evil.example:3000",
    ],
    ["a rebound name that ends like localhost", "evillocalhost:3000", "http://evillocalhost:3000"],
    ["the machine's name under a public ending", "teacher.example:3000", "http://teacher.example:3000"],
    ["another machine's name", "pupil.local:3000", "http://pupil.local:3000"],
    ["another service of this machine", "localhost:3000", "http://localhost:8080"],
    ["another service of the same address", "192.168.1.20:3000", "http://192.168.1.20:8080"],
    ["another machine", "192.168.1.20:3000", "http://192.168.1.99:3000"],
    ["the same address with TLS, which this server does not speak", "192.168.1.20:3000", "https://192.168.1.20:3000"],
    ["a sandboxed frame", "192.168.1.20:3000", "null"],
    ["an allowed origin under another scheme", "192.168.1.20:3000", "http://chat.example"],
    ["what is no origin", "192.168.1.20:3000", "http://192.168.1.20:3000/"],
    ["a name without a port", "evil.example", "http://evil.example"],
    ["an address in disguise", "0x7f000001:3000", "http://0x7f000001:3000"],
    ["user information", "a@192.168.1.20:3000", "http://a@192.168.1.20:3000"],
  ])("%s", async (_what, host, origin) => {
    const answer = await asked({ host, origin });
    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("but the page's files are there for each of them, so that it can say what is wrong", async () => {
    for (const origin of ["http://evil.example:3000", "http://pupil.local:3000", "null"]) {
      const answer = await asked({ host: "pupil.local:3000", origin }, "/file");
      expect(answer).toMatchObject({ status: 200, body: "file" });
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});

describe("on loopback", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["localhost", "::1"],
    ["localhost", "127.0.0.1"],
    ["teacher", "127.0.1.1"],
    ["ip6-localhost", "::1"],
  ])(
    "--host %s (%s) answers to loopback names, on forwarded ports too, and to no other name or address",
    async (host, address) => {
      const asked = guarded({ host, address });
      for (const own of [
        "localhost:3000",
        "127.0.0.1:3000",
        "[::1]:3000",
        "localhost:8080",
        "a.localhost:1",
        `${host}:3000`,
      ]) {
        expect((await asked({ host: own, origin: `http://${own}` })).status, own).toBe(200);
      }
      for (const other of ["evil.example:3000", "192.168.1.20:3000", "teacher.local:3000", "0.0.0.0:3000"]) {
        // Without Origin, as a rebound page's GET comes; its files are refused too.
        expect((await asked({ host: other })).status, other).toBe(403);
        expect((await asked({ host: other, origin: `http://${other}` }, "/file")).status, other).toBe(403);
      }
      expect((await asked({ host: "localhost:3000", origin: "http://localhost:8080" })).status).toBe(403);
      expect((await asked({ host: "chat.example", origin: "https://chat.example" })).status).toBe(200);
      expect((await asked({ host: "chat.example", origin: "http://chat.example" })).status).toBe(403);
    },
  );
});

test.each([
  ["192.168.1.20", "192.168.1.20"],
  ["teacher.school.example", "192.168.1.20"],
])("--host %s answers by that, by the address and by the machine's names", async (host, address) => {
  const asked = guarded({ host, address });
  for (const own of [`${host}:3000`, "192.168.1.20:3000", "teacher.local:3000"]) {
    expect((await asked({ host: own, origin: `http://${own}` })).status, own).toBe(200);
  }
  expect((await asked({ host: "evil.example:3000", origin: "http://evil.example:3000" })).status).toBe(403);
});

test.each([
  ["Teacher", true, ["teacher", "teacher.local", "teacher.lan", "teacher.home.arpa", "teacher.internal"]],
  ["teacher.school.example", true, ["teacher.school.example", "teacher", "teacher.local"]],
  ["teacher.", true, ["teacher"]],
  ["teacher", false, ["teacher.example", "teacher.box", "teacher.com", "local", "lan"]],
  ["localhost", false, ["localhost", "localhost.lan", "localhost.local"]],
  ["192.168.1.20", false, ["192.168.1.20", "192.lan"]],
  ["bad name", false, ["bad name", "bad"]],
  ["", false, ["", ".local"]],
])("the names of a machine called %j: %s of %j", (host, included, names) => {
  for (const name of names) expect(namesOf(host).includes(name), name).toBe(included);
});

describe("a machine whose address changes", () => {
  test("answers the page under the new one at once, and no longer under the old one", async () => {
    let machine: Machine = TEACHER;
    let reads = 0;
    let now = 0;
    const read = () => {
      reads += 1;
      return machine;
    };
    const asked = guarded({ host: "0.0.0.0", machine: read, monotonicNow: () => now });
    const lane = (address: string) => asked({ host: "127.0.0.1:40001", origin: `http://${address}:3000` });
    machine = { addresses: ["10.0.0.7"], names: namesOf("teacher-2") };
    expect((await asked({ host: "10.0.0.7:3000", origin: "http://10.0.0.7:3000" })).status).toBe(200);
    now += 1_000;
    expect((await lane("10.0.0.7")).status).toBe(200);
    expect((await lane("192.168.1.20")).status).toBe(403);
    expect((await asked({ host: "teacher-2.local:3000", origin: "http://teacher-2.local:3000" })).status).toBe(200);
    expect((await asked({ host: "teacher.local:3000", origin: "http://teacher.local:3000" })).status).toBe(403);
    // The machine is read once a second at most, however many unknown origins come.
    reads = 0;
    for (let n = 0; n < 1_000; n += 1) {
      now += 10;
      await lane("203.0.113.1");
    }
    expect(reads).toBeLessThanOrEqual(10);
  });
});

describe("a refusal says what to do", () => {
  test.each([
    [
      "the option that allows it",
      "192.168.1.20:3000",
      "https://app.example",
      /To allow it, start the server with --origins https:\/\/app\.example\.$/,
    ],
    [
      "no address where a port is forwarded, for it is not known there",
      "pupil.lan:8080",
      "http://pupil.lan:8080",
      /^The origin http:\/\/pupil\.lan:8080 is not allowed/,
    ],
    ["that an opaque origin can't be allowed", "192.168.1.20:3000", "null", /^This Origin can't be allowed/],
  ])("%s", async (_what, host, origin, message) => {
    expect((await guarded({ host: "0.0.0.0" })({ host, origin })).body).toMatch(message);
  });
});

test("each refused origin and host is logged once a minute, twenty of them at most, short and printable", async () => {
  const lines: string[] = [];
  let now = 0;
  const warn = (fields: object, message: string) => lines.push(JSON.stringify({ ...fields, message }));
  const asked = guarded({ host: "127.0.0.1", monotonicNow: () => now, warn });
  for (let n = 0; n < 3; n += 1) {
    await asked({ host: "localhost:3000", origin: "http://evil.example" });
    await asked({ host: "evil.example" });
  }
  expect(lines).toEqual([
    '{"origin":"http://evil.example","message":"refused an origin; --origins can allow it"}',
    '{"host":"evil.example","message":"refused a Host that is not loopback"}',
  ]);
  for (let n = 0; n < 2_000; n += 1)
    await asked({ host: "localhost", origin: `http://${n}.${"\u009b".repeat(4_000)}` });
  expect(lines).toHaveLength(20);
  expect(lines.join("").length).toBeLessThan(20 * 400);
  expect(lines.join("\n")).toMatch(/^[\x20-\x7e\n…]*$/);
  now += 60_000;
  await asked({ host: "localhost", origin: "http://evil.example" });
  expect(lines.slice(20)).toEqual([
    expect.stringMatching(/^\{"times":19\d\d,/),
    expect.stringContaining("http://evil.example"),
  ]);
});

describe("a server that listens on every address", () => {
  const folder = new Folder();
  let server: RunningServer;
  let secure: RunningServer;
  beforeAll(async () => {
    mkdirSync(folder.at("page/assets"), { recursive: true });
    writeFileSync(folder.at("page/index.html"), "<title>chat</title>");
    writeFileSync(folder.at("page/assets/main.js"), "");
    const pageRoot = folder.at("page");
    server = await startServer({ host: "0.0.0.0", pageRoot });
    secure = await startServer({ host: "0.0.0.0", pageRoot, tls: trustedCertificate(folder) });
  });
  afterAll(async () => {
    await server.close();
    await secure.close();
    folder[Symbol.dispose]();
  });

  test("names addresses that can be opened, and never the wildcard itself", async () => {
    expect(server.url.hostname).toBe("localhost");
    for (const url of [server.url, ...server.networkUrls]) {
      expect(url.hostname).not.toMatch(/^(0\.0\.0\.0|\[::\])$/);
      expect((await ask(url)).status, url.href).toBe(200);
    }
  });

  test("names the address to open where it was opened by a name it does not know", async () => {
    const host = `pupil.lan:${server.url.port}`;
    const { body } = await ask(new URL("/api/members", server.url), { headers: { host, origin: `http://${host}` } });
    const { message } = JSON.parse(body);
    const [, address = ""] =
      /^pupil\.lan:[0-9]+ is not known .* Open (\S+) instead, or start the server with/.exec(message) ?? [];
    expect((await ask(new URL(address))).status).toBe(200);
    expect(message).toContain(`--origins http://${host}.`);
  });

  test.each([
    ["a forwarded port", "localhost:8080", "http://localhost:8080", 201, 401],
    ["an address", "192.0.2.77:80", "http://192.0.2.77:80", 201, 401],
    ["a rebound name", "evil.example", "http://evil.example", 403, 403],
  ])(
    "judges %s alike for a join, an upgrade, and lets files through",
    async (_what, host, origin, joined, upgraded) => {
      const body = JSON.stringify({ room: "own-origins", name: "Ada" });
      const headers = { host, origin, "content-type": "application/json" };
      expect((await ask(new URL("/api/sessions", server.url), { method: "POST", headers, body })).status).toBe(joined);
      const upgrade = { ...UPGRADE, host, origin };
      expect((await ask(new URL("/transports/websocket", server.url), { headers: upgrade })).status).toBe(upgraded);
      for (const path of ["/", "/assets/main.js", "/page.json"]) {
        const answer = await ask(new URL(path, server.url), { method: "HEAD", headers: { host, origin } });
        expect(answer.status, path).toBe(200);
      }
    },
  );

  test.each([
    ["a forwarded port", "localhost:8443", "https://localhost:8443", 401],
    ["an address", "192.0.2.77", "https://192.0.2.77", 401],
    ["an address in the clear", "192.0.2.77", "http://192.0.2.77", 403],
    ["a rebound name", "evil.example", "https://evil.example", 403],
  ])("judges the :authority of HTTP/2 as it does Host: %s", async (_what, authority, origin, status) => {
    const session = connectHttp2(secure.url.origin);
    const head = async (more: Record<string, string>) => {
      const stream = session.request({ ":path": "/api/members", ":authority": authority, origin, ...more });
      const [headers] = await once(stream, "response");
      return headers[":status"];
    };
    expect(await head({})).toBe(status);
    // A Host beside it changes nothing.
    expect(await head({ host: new URL(origin).host })).toBe(status);
    expect(await head({ ":path": "/assets/main.js" })).toBe(200);
    session.destroy();
  });
});
