import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { Api } from "../support/api.ts";
import { fingerprint, makeCertificate } from "../support/certificate.ts";
import { endAll, run } from "../support/command.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { ask } from "../support/raw-http.ts";
import { trustedCertificate } from "../support/tls.ts";
import { fetchByHttp2 } from "../support/tls-fetch.ts";
import { until } from "../support/wait.ts";

const folder = new Folder();
const files = trustedCertificate(folder);
afterAll(() => folder[Symbol.dispose]());
afterEach(endAll);

/** The certificate a new connection is shown, and what ALPN settles on. */
async function greeted(url: URL, ALPNProtocols: string[]): Promise<{ protocol: unknown; certificate: string }> {
  const socket = connectTls({ host: url.hostname, port: Number(url.port), ALPNProtocols, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect");
    return { protocol: socket.alpnProtocol, certificate: fingerprint(socket.getPeerCertificate().raw) };
  } finally {
    socket.destroy();
  }
}

describe("a server with a certificate", () => {
  let server: RunningServer;
  beforeAll(async () => {
    const settings = { requestTimeoutMs: 1_000, unreadMs: 500 };
    server = await startServer({ tls: files, rateLimit: false, settings });
  });
  afterAll(() => server.close());

  test("speaks HTTP/2 with whoever can, HTTP/1.1 with others, and nothing in the clear", async () => {
    expect(server.url.protocol).toBe("https:");
    expect(await greeted(server.url, ["h2", "http/1.1"])).toMatchObject({ protocol: "h2" });
    expect(await greeted(server.url, ["http/1.1"])).toMatchObject({ protocol: "http/1.1" });
    const inTheClear = new URL("/healthz", server.url);
    inTheClear.protocol = "http:";
    await expect(ask(inTheClear)).rejects.toThrow();
  });

  test("takes its own https origin for its own, and the same one in the clear for a stranger's", async () => {
    const asked = async (origin: string): Promise<number> => {
      const answer = await fetchByHttp2(new URL("/healthz", server.url), { headers: { origin } });
      return answer.status;
    };
    expect(await asked(server.url.origin)).toBe(200);
    expect(await asked(server.url.origin.replace("127.0.0.1", "localhost"))).toBe(200);
    expect(await asked(server.url.origin.replace("https:", "http:"))).toBe(403);
    expect(await asked("https://elsewhere.example")).toBe(403);
  });

  test("looks at the host of HTTP/2 as at that of HTTP/1.1: a rebound name is refused", async () => {
    const session = connectHttp2(server.url.origin);
    const stream = session.request({ ":path": "/healthz", ":authority": `rebound.example:${server.url.port}` });
    const [head] = await once(stream, "response");
    expect(head[":status"]).toBe(403);
    session.destroy();
  });

  test("gives a body of HTTP/2 as long as one of HTTP/1.1, and not the next stream's time", async () => {
    const session = connectHttp2(server.url.origin);
    const slow = session.request({ ":path": "/api/sessions", ":method": "POST", "content-type": "application/json" });
    slow.on("error", () => undefined);
    slow.write('{"room":');
    const quick = session.request({ ":path": "/healthz" });
    await once(quick, "response");
    await until("the slow request to be given up", () => slow.closed);
    expect(session.destroyed).toBe(false);
    session.destroy();
  });

  test("gives an answer up that the peer opens no window for, and leaves the connection's others alone", async () => {
    const api = new Api(server.url);
    const { session, cursor } = await api.openSession(freshRoom());
    for (let n = 0; n < 20; n += 1) await api.execute(session, say("x".repeat(4_000)));
    const connection = connectHttp2(server.url.origin, { settings: { initialWindowSize: 0 } });
    const unread = connection.request({ ":path": `/transports/short-polling?after=${cursor}&session=${session}` });
    unread.on("error", () => undefined);
    await once(unread, "response");
    await until("the answer to be given up", () => unread.closed);
    expect(connection.destroyed).toBe(false);
    connection.destroy();
  });
});

describe("a certificate that is renewed", () => {
  let own: Folder;
  beforeEach(() => {
    own = new Folder();
  });
  afterEach(() => own[Symbol.dispose]());

  test("on SIGHUP is shown to new connections; no other is cut, and a wrong one changes nothing", async () => {
    const mine = trustedCertificate(own);
    const options = ["--port", "0", "--store", "memory", "--tls-cert", mine.cert, "--tls-key", mine.key];
    const { child, listening, output, exit } = run(options, { env: { LOG: "error" } });
    const url = await listening();
    expect(url.protocol).toBe("https:");
    await using reader = await Listener.open(url, { room: freshRoom(), name: "reader", transport: "websocket" });
    const before = await greeted(url, ["h2"]);

    const renewed = makeCertificate();
    writeFileSync(mine.cert, renewed.cert);
    child.kill("SIGHUP");
    await until("a word on the key that does not fit", () => output.err.includes("The certificate is unchanged."));
    expect(output.err).toContain("can't be used together");
    expect(await greeted(url, ["h2"])).toEqual(before);

    writeFileSync(mine.key, renewed.key);
    child.kill("SIGHUP");
    await until("the new certificate", async () => (await greeted(url, ["h2"])).certificate !== before.certificate);
    await reader.client.send("still here");
    await reader.untilTexts(1);
    expect(reader.states.map(({ kind }) => kind)).not.toContain("reconnecting");
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  });
});

describe("a certificate that can't be used", () => {
  test.each([
    ["is not there", () => ({ ...files, cert: folder.at("none.pem") }), /certificate .*none\.pem can't be read/],
    ["has no key", () => ({ ...files, key: folder.at("none.key") }), /key .*none\.key can't be read/],
    [
      "is none",
      () => {
        writeFileSync(folder.at("text.pem"), "this is no certificate");
        return { ...files, cert: folder.at("text.pem") };
      },
      /text\.pem and .*key\.pem can't be used together/,
    ],
  ])("one that %s is one line, and exit code 1", async (_what, given, line) => {
    const { cert, key } = given();
    const { exit, output } = run(["--port", "0", "--store", "memory", "--tls-cert", cert, "--tls-key", key]);
    expect(await exit).toBe(1);
    expect(output.err.trim().split("\n")).toHaveLength(1);
    expect(output.err).toMatch(line);
  });
});

test("a drain by TLS ends as it does in the clear, with connections of HTTP/2 that nobody closes", async () => {
  const server = await startServer({ tls: files, rateLimit: false });
  const { session } = await new Api(server.url).openSession(freshRoom());
  const connection = connectHttp2(server.url.origin);
  connection.on("error", () => undefined);
  const stream = connection.request({ ":path": `/transports/sse?session=${session}` });
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await until("the stream to be live", () => text.includes("event: live"));
  expect(await new Api(server.url).execute(session, say("hello"))).toMatchObject({ type: "ok" });
  await until("the message", () => text.includes("hello"));
  await server.drain();
  await until("the last word", () => text.includes('"reason":"drain"'));
  await until("the connection's end", () => connection.closed);
});
