import { describe, expect, test } from "vitest";
import { Api } from "../support/api.ts";
import { say } from "../support/ids.ts";
import { ask } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";
import { describeWith } from "./support/needs.ts";
import type { Program } from "./support/program.ts";
import { nginx, varnish } from "./support/programs.ts";
import { ProxiedRoom } from "./support/proxied-room.ts";
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
      await using room = await ProxiedRoom.start(program, configuration);
      const api = new Api(room.server.url);
      const { session, cursor } = await api.openSession(room.room);
      const url = new URL(`/transports/short-polling?after=${cursor}&session=${session}`, room.proxy.url);
      expect((await ask(url)).body).toBe("[]");
      await api.execute(session, say("unheard"));
      expect((await ask(url)).body).toBe("[]");
      // It is the cache alone: one character more in the address, and there it is.
      expect((await ask(new URL(`${url.href}&t=1`))).body).toContain("unheard");
    });

    describe.concurrent("our client behind the cache", () => {
      test.for(["short-polling", "long-polling"])("our client gets every message by %s", async (transport) => {
        await using room = await ProxiedRoom.start(program, configuration);
        await room.connect(transport);
        for (const text of ["one", "two", "three"]) {
          await room.say(`${text}, by another`);
          await room.send(`${text}, by itself`);
        }
        expect(await room.received()).toEqual({ texts: room.said, jumps: [], gaps: 0 });
        expect(room.listener.client.state).toMatchObject({ kind: "live", transport });
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
    await using room = await ProxiedRoom.start(varnish, configuration);
    await room.connect("short-polling");
    await room.say("told behind a cache");
    await until("the client to see through it", () => room.listener.client.state.kind === "reconnecting");
    expect(room.listener.texts).toEqual([]);
    await room.listener.client.switchTo("auto");
    await room.send("told past the cache");
    expect(await room.received()).toEqual({ texts: room.said, jumps: [], gaps: 0 });
    expect(room.listener.client.state).toMatchObject({ kind: "live", transport: "websocket" });
  });
});
