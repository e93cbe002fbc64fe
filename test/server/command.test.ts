import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { bracketed, readMachine } from "../../src/server/machine.ts";
import { endAll, isRunning, run as runAnywhere } from "../support/command.ts";
import { Folder } from "../support/folder.ts";
import { ask } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

afterEach(endAll);

/** Without a file: what it leaves behind is for test/log to look at. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runAnywhere(args, { env: { STORE: "memory", ...env } });
}

async function openSession(url: URL, name: string): Promise<{ session: string; cursor: string }> {
  const body = JSON.stringify({ room: "lobby", name });
  const answer = await fetch(new URL("/api/sessions", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return (await answer.json()) as { session: string; cursor: string };
}

describe("the command", () => {
  test("says its version", async () => {
    const { exit, output } = run(["--port", "x", "--version"]);
    expect([await exit, output.out]).toEqual([0, `${manifest.version}\n`]);
  });

  test.each([
    [["--port", "99999"], /--port 99999/],
    [["--port", "x"], /--port x/],
    [["--store", "postgres://user:pass@host"], /--store postgres:\/\/…@host: it takes `memory`, `sqlite:FILE` or/],
    [["--store", "redis://user:pass@host:x"], /--store redis:\/\/…@host:x: .*HOST/],
    [["--redis-prefix", "{a}"], /--redis-prefix {a}: a prefix is 1 to 64/],
    [["--store", "sqlite:"], /--store sqlite:: it takes/],
    [["--durability", "maybe"], /--durability maybe: it takes one of process, power/],
    [["--log", "loud"], /--log loud/],
    [["--rate-limit", "maybe"], /--rate-limit maybe/],
    [["--origins", "https://a.example/path"], /--origins https:\/\/a\.example\/path/],
    [["--secret", "short"], /--secret/],
    [["--nonsense"], /--nonsense/],
    [["--lab", "--no-lab"], /--lab and --no-lab can't be combined/],
    [["--lab-ports", "3100"], /--lab-ports 3100/],
  ])("refuses %s in one line and ends with 2", async (args, line) => {
    const { exit, output } = run(args);
    expect(await exit).toBe(2);
    expect(output.err.trim().split("\n")).toHaveLength(1);
    expect(output.err).toMatch(line);
    expect(output.err).not.toContain("pass@");
  });

  test("reads the environment too, and the command line wins", async () => {
    expect(await run([], { PORT: "x" }).exit).toBe(2);
    const { listening } = run(["--port", "0", "--log", "silent"], { PORT: "x", RATE_LIMIT: "off" });
    expect((await listening()).hostname).toBe("127.0.0.1");
  });

  test("says in one line that a port is in use, and ends with 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { exit, output } = run(["--port", String(port)]);
    expect(await exit).toBe(1);
    expect(output.err).toContain(`Port ${port} on 127.0.0.1 is in use.`);
    expect(output.err).not.toContain("    at ");
    taken.close();
  });

  test.each([
    ["127.0.0.1", /^http:\/\/127\.0\.0\.1:/],
    ["localhost", /^http:\/\/localhost:/],
    ["0.0.0.0", /^http:\/\/localhost:/],
    ["0", /^http:\/\/localhost:/],
    ["::", /^http:\/\/localhost:/],
  ])(
    "on --host %s prints addresses that can be opened before anything else, and none that can't",
    async (host, local) => {
      const { listening, output } = run(["--port", "0", "--host", host, "--lab"]);
      const url = await listening();
      expect(url.href).toMatch(local);
      expect(output.out.split("\n")[0]).toBe(`Skyrocket is listening on ${url.href}`);
      const lab = new URL("lab", url);
      await until("the laboratory's address", () => output.out.includes(`Laboratory:  ${lab.href}\n`));
      // Those by name may come a moment later.
      const printed = [...output.out.matchAll(/https?:\/\/\S+/g)].map(([each]) => new URL(each));
      for (const each of printed) {
        expect(each.hostname).not.toMatch(/^(0\.0\.0\.0|\[::\]|0)$/);
        const page = await fetch(each);
        expect(page.status, each.href).toBe(200);
        for (const [, script = ""] of (await page.text()).matchAll(/src="([^"]+\.js)"/g)) {
          const asset = await ask(new URL(script, page.url), { headers: { origin: each.origin } });
          expect(asset.status, each.href).toBe(200);
        }
        // Its own page may join.
        const joined = await ask(new URL("/api/sessions", each), {
          method: "POST",
          headers: { origin: each.origin, "content-type": "application/json" },
          body: JSON.stringify({ room: "lobby", name: "Ada" }),
        });
        expect(joined.status, each.href).toBe(201);
      }
      const { addresses } = readMachine();
      const others = printed.filter(({ hostname }) => addresses.map(bracketed).includes(hostname));
      expect(others.length > 0).toBe(["0.0.0.0", "0", "::"].includes(host) && addresses.length > 0);
    },
  );

  test("starts though other programs keep something else in HOST, says so, and obeys SKYROCKET_HOST", async () => {
    const HOST = "x86_64-conda-linux-gnu";
    const one = run(["--port", "0"], { HOST });
    expect((await one.listening()).hostname).toBe("127.0.0.1");
    expect(one.output.err).toMatch(/^HOST is ignored.*SKYROCKET_HOST.*\n$/);
    const other = run(["--port", "0"], { HOST, SKYROCKET_HOST: "localhost" });
    expect((await other.listening()).hostname).toBe("localhost");
    expect(other.output.err).toBe("");
  });

  test("takes SIGHUP, which without a certificate does nothing, and SIGPIPE as well", async () => {
    const { child, exit, listening, output } = run(["--port", "0"]);
    const url = await listening();
    for (const signal of ["SIGHUP", "SIGPIPE", "SIGHUP"] as const) {
      child.kill(signal);
      expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    }
    await until("its line", () => output.out.includes("no certificate to reload"));
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  });

  test("takes SIGHUP while it starts, too", async () => {
    using folder = new Folder();
    const script = folder.at("hang-up.mjs");
    // Sent as the store's module is looked up: after the options, before anything listens.
    writeFileSync(
      script,
      `import { registerHooks } from "node:module";
       registerHooks({ resolve(name, context, next) {
         if (name.includes("sqlite-store")) process.kill(process.pid, "SIGHUP");
         return next(name, context);
       } });`,
    );
    const env = { STORE: `sqlite:${folder.at("rooms.db")}`, NODE_OPTIONS: `--import=${script}` };
    const { listening, kill } = run(["--port", "0"], env);
    expect((await fetch(new URL("/healthz", await listening()))).status).toBe(200);
    await kill();
  });

  test.skipIf(spawnSync("script", ["--version"]).status !== 0)(
    "drains when the terminal it was started in is closed",
    async () => {
      using folder = new Folder();
      const main = fileURLToPath(new URL("../../src/server/main.ts", import.meta.url));
      const store = folder.at("rooms.db");
      const command = `echo "pid $$"; exec "${process.execPath}" "${main}" --port 0 --store "sqlite:${store}"`;
      const terminal = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
      let output = "";
      terminal.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      try {
        await until("the server", () => /listening on/.test(output), 60_000);
        const pid = Number(/pid (\d+)/.exec(output)?.[1]);
        expect(existsSync(`${store}-wal`)).toBe(true);
        terminal.kill("SIGKILL");
        await until("its end", () => !isRunning(pid), 60_000);
        // Closed, and not just ended.
        expect(existsSync(`${store}-wal`)).toBe(false);
      } finally {
        terminal.kill("SIGKILL");
      }
    },
  );

  // At `debug` the answer is the first line that nobody reads, at `info` the drain.
  test.each(["debug", "info"])(
    "goes on though nobody reads its output any more, and ends on SIGTERM (%s)",
    async (level) => {
      const { child, exit, listening } = run(["--port", "0", "--log", level]);
      const url = await listening();
      child.stdout.destroy();
      for (let asked = 0; asked < 3; asked += 1) expect((await fetch(new URL("/healthz", url))).status).toBe(200);
      child.kill("SIGTERM");
      expect(await exit).toBe(0);
    },
  );

  test.skipIf(!existsSync("/dev/full"))("goes on where its output can't be written, as on a full disk", async () => {
    using folder = new Folder();
    const main = fileURLToPath(new URL("../../src/server/main.ts", import.meta.url));
    // Nothing it prints arrives, so it gets a port that was free a moment ago.
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise((resolve) => probe.close(resolve));
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [main, "--port", String(port), "--store", "memory", "--log", "debug"], {
      cwd: folder.path,
      stdio: ["ignore", full, full],
    });
    try {
      const asked = () =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          ({ status }) => status === 200,
          () => false,
        );
      await until("the server", asked);
      for (let n = 0; n < 3; n += 1) expect(await asked()).toBe(true);
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
      closeSync(full);
    }
  });

  test("drains on SIGTERM with readers of every kind, and ends with 0", async () => {
    const { child, exit, listening, output } = run(["--port", "0", "--log", "debug"]);
    const url = await listening();
    const ada = await openSession(url, "Ada");
    const grace = await openSession(url, "Grace");
    const joan = await openSession(url, "Joan");
    const at = (transport: string, { session, cursor }: { session: string; cursor: string }) =>
      new URL(`/transports/${transport}?session=${session}&after=${cursor}`, url);
    const stream = await fetch(at("sse", ada));
    const streamed = stream.text();
    const socket = new WebSocket(at("websocket", grace).href.replace("http", "ws"));
    const frames: string[] = [];
    socket.addEventListener("message", ({ data }) => frames.push(String(data)));
    await once(socket, "open");
    const closed = once(socket, "close") as Promise<CloseEvent[]>;
    const joinedBefore = (await openSession(url, "Last")).cursor;
    const polled = fetch(at("long-polling", { ...joan, cursor: joinedBefore }));
    // The poll is known to be held once the server has answered a request that came after it on its own connection.
    await fetch(new URL("/healthz", url));
    await fetch(new URL("/healthz", url));
    child.kill("SIGTERM");
    expect(await (await polled).json()).toMatchObject([{ type: "bye", reason: "drain", retry: true }]);
    expect(await streamed).toMatch(
      /event: bye\ndata: \{"type":"bye","reason":"drain","retry":true,"retryAfterMs":\d+\}\n\n$/,
    );
    expect((await closed)[0]?.code).toBe(4503);
    expect(frames.at(-1)).toContain('"bye"');
    expect(await exit).toBe(0);
    // What was logged names neither a session nor a query.
    for (const { session } of [ada, grace, joan]) expect(output.out).not.toContain(session);
    expect(output.out).toContain('"path":"/api/sessions"');
    expect(output.out).not.toContain("?");
  });
});
