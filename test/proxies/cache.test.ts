import { describe, expect, test } from "vitest";
import { Api } from "../support/api.ts";
import { say } from "../support/ids.ts";
import { ask } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";
import { Household } from "./support/household.ts";
import { describeWith } from "./support/needs.ts";
import type { Program } from "./support/program.ts";
import { nginx, varnish } from "./support/programs.ts";
import { substitute } from "./support/substitute.ts";

const HASH = 'if (req.method == "GET") {\n\t\t\treturn (hash);\n\t\t}\n\t\treturn (pass);';
const STORE = "sub vcl_backend_response {\n\tset beresp.ttl = 1h;\n\treturn (deliver);\n}\n\nsub vcl_pipe {";

/** Caches that were told to keep whatever passes, by their whole address. */
const GREEDY: readonly { readonly program: Program; readonly changes: Readonly<Record<string, string>> }[] = [
  {
    program: nginx,
    changes: {
      "upstream skyrocket {": "proxy_cache_path cache keys_zone=greedy:1m;\n\nupstream skyrocket {",
      "proxy_buffering off;": "proxy_buffering on;",
      "proxy_cache off;": "proxy_cache greedy; proxy_cache_valid 200 1h; proxy_ignore_headers Cache-Control Expires;",
    },
  },
  { program: varnish, changes: { "return (pass);": HASH, "sub vcl_pipe {": STORE } },
];

for (const { program, changes } of GREEDY) {
  describeWith(`${program.tool.name} caching despite no-store`, [program.tool], () => {
    const configuration = substitute(program.recommended, changes);

    test("the cache gives a plain client its own old answer", async () => {
      await using home = await Household.start(program, configuration);
      const api = new Api(home.server.url);
      const { session, cursor } = await api.openSession(home.room);
      const url = new URL(`/transports/short-polling?after=${cursor}&session=${session}`, home.proxy.url);
      expect((await ask(url)).body).toBe("[]");
      await api.execute(session, say("unheard"));
      expect((await ask(url)).body).toBe("[]");
      // It is the cache alone: one character more in the address, and there it is.
      expect((await ask(new URL(`${url.href}&t=1`))).body).toContain("unheard");
    });

    describe.concurrent("our client behind the cache", () => {
      test.for(["short-polling", "long-polling"])("our client gets every message by %s", async (transport) => {
        await using home = await Household.start(program, configuration);
        await home.moveIn(transport);
        for (const text of ["one", "two", "three"]) {
          await home.say(`${text}, by another`);
          await home.send(`${text}, by itself`);
        }
        expect(await home.heard()).toEqual({ texts: home.said, jumps: [], gaps: 0 });
        expect(home.listener.client.state).toMatchObject({ kind: "live", transport });
      });
    });
  });
}

describeWith("varnish caching by path alone", [varnish.tool], () => {
  test("the client notices the cache, does not report live, and continues on a transport that works", async () => {
    const configuration = substitute(varnish.recommended, {
      "return (pass);": HASH,
      "sub vcl_pipe {": `sub vcl_hash {\n\thash_data(regsub(req.url, "\\?.*", ""));\n\treturn (lookup);\n}\n\n${STORE}`,
    });
    await using home = await Household.start(varnish, configuration);
    await home.moveIn("short-polling");
    await home.say("told behind a cache");
    await until("the client to see through it", () => home.listener.client.state.kind === "reconnecting");
    expect(home.listener.texts).toEqual([]);
    await home.listener.client.switchTo("auto");
    await home.send("told past the cache");
    expect(await home.heard()).toEqual({ texts: home.said, jumps: [], gaps: 0 });
    expect(home.listener.client.state).toMatchObject({ kind: "live", transport: "websocket" });
  });
});
