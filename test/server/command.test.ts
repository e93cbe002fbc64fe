import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { endAll, run as runAnywhere } from "../support/command.ts";

afterEach(endAll);

/** Without a file: what it leaves behind is for test/store to look at. */
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
  it.each([
    [["--port", "99999"], /--port 99999/],
    [["--port", "x"], /--port x/],
    [["--store", "redis://user:pass@host"], /--store redis:\/\/…@host: it takes `memory` or `sqlite:FILE`/],
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

  it("reads the environment too, and the command line wins", async () => {
    expect(await run([], { PORT: "x" }).exit).toBe(2);
    const { listening } = run(["--port", "0", "--log", "silent"], { PORT: "x", RATE_LIMIT: "off" });
    expect((await listening()).hostname).toBe("127.0.0.1");
  });

  it("says in one line that a port is in use, and ends with 1", async () => {
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

  // At `debug` the answer is the first line that nobody reads, at `info` the drain.
  it.each(["debug", "info"])(
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

  it("drains on SIGTERM with readers of every kind, and ends with 0", async () => {
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
