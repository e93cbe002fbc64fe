import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { startServer } from "../../src/server/server.ts";
import { ask, UPGRADE } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";
import { describeWith } from "./support/needs.ts";
import { nginx, programs } from "./support/programs.ts";
import { RunningProxy } from "./support/running-proxy.ts";
import { substitute } from "./support/substitute.ts";

const OWN = { host: "chat.example", origin: "https://chat.example" };

/** All that is in files of a folder, whatever they are. */
function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const kind = statSync(path);
    return kind.isDirectory() ? filesIn(path) : kind.isFile() ? [readFileSync(path, "latin1")] : [];
  });
}

describeWith("nginx with the upstream's name as Host", [nginx.tool], () => {
  test("a proxy that forwards a foreign Host is refused, and the client reports the reason", async () => {
    const server = await startServer();
    const configuration = substitute(nginx.recommended, { "\t\tproxy_set_header Host $host;\n": "" });
    await using proxy = await RunningProxy.start(nginx, server.url, configuration);
    const client = connect({ url: proxy.url, room: "lobby", name: "Ada" });
    await expect(client.opened).rejects.toMatchObject({ code: "not_allowed" });
    await until("the client's end", () => client.state.kind === "closed");
    expect(client.state).toMatchObject({ because: { kind: "refused", code: "not_allowed" } });
    await server.close();
  });
});

for (const program of programs) {
  describeWith(program.tool.name, [program.tool], () => {
    test("a server behind the proxy accepts only the origin it was given, for requests and upgrades", async () => {
      const server = await startServer({ origins: [OWN.origin], trustProxy: ["127.0.0.1"] });
      await using proxy = await RunningProxy.start(program, server.url);
      try {
        const at = async (path: string, headers: Record<string, string>): Promise<number> =>
          (await ask(new URL(path, proxy.url), { headers }, true)).status;
        // Whom the server lets in is told that a session is missing.
        expect(await at("/api/members", OWN)).toBe(401);
        expect(await at("/transports/sse", OWN)).toBe(401);
        expect(await at("/transports/websocket", { ...OWN, ...UPGRADE })).toBe(401);
        expect(await at("/api/members", { host: OWN.host })).toBe(401);
        expect(await at("/api/members", { ...OWN, origin: "https://evil.example" })).toBe(403);
        expect(await at("/transports/sse", { ...OWN, origin: "https://evil.example" })).toBe(403);
        expect(await at("/transports/websocket", { ...OWN, ...UPGRADE, origin: "https://evil.example" })).toBe(403);
        expect(await at("/api/members", { host: "evil.example" })).toBe(403);
      } finally {
        await server.close();
      }
    });

    test("the proxy appends its caller's address to X-Forwarded-For, whatever the caller sends", async () => {
      const seen: IncomingHttpHeaders[] = [];
      const upstream = createServer((request, response) => {
        seen.push(request.headers);
        response.end();
      });
      upstream.listen(0, "127.0.0.1");
      await once(upstream, "listening");
      const address = upstream.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      await using proxy = await RunningProxy.start(program, new URL(`http://127.0.0.1:${port}`));
      await ask(new URL("/api/members", proxy.url), { headers: { "x-forwarded-for": "203.0.113.9" } });
      expect(seen[0]?.["x-forwarded-for"]).toMatch(/(^|, )127\.0\.0\.1$/);
      expect(seen[0]?.host).toBe(proxy.url.host.replace(program.tool.name === "nginx" ? /:.*/ : "", ""));
      upstream.closeAllConnections();
      upstream.close();
    });

    test("the proxy writes no session into any log, even when the server is gone", async () => {
      const server = await startServer();
      await using proxy = await RunningProxy.start(program, server.url);
      const at = async (path: string, headers = {}): Promise<number> =>
        (await ask(new URL(`${path}?session=not-to-be-logged`, proxy.url), { headers }, true)).status;
      expect(await at("/api/members")).toBe(404);
      expect(await at("/transports/websocket", UPGRADE)).toBe(404);
      await server.close();
      const asked = [at("/api/members"), at("/transports/sse"), at("/transports/websocket", UPGRADE)];
      // By `pipe` Varnish has nothing to say any more and hangs up.
      for (const status of await Promise.all(asked.map((answer) => answer.catch(() => 503))))
        expect(status).toBeGreaterThan(500);
      const logged = (): string => [...filesIn(proxy.folder.path), proxy.output].join("\n");
      // Varnish keeps what it does in shared memory, where all of a request is: it is not a log until one is made of it.
      if (program.tool.name === "varnish") return;
      await until("what was logged", () => logged().includes("/api/members"));
      expect(logged()).not.toContain("not-to-be-logged");
    });
  });
}
