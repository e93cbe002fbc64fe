import { afterEach, expect, test } from "vitest";
import { redis } from "../../scripts/setup/tools.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { endAll, isRunning, run } from "../support/command.ts";
import { freshRoom } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { until, within } from "../support/wait.ts";

const cluster = (env: NodeJS.ProcessEnv = {}) => run([], { entry: "scripts/cluster.ts", env: { PORT: "0", ...env } });

/** The processes that were printed: nodes first, then Redis. */
function pidsIn(output: string): number[] {
  return [...output.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
}

/** Sends SIGTERM, which ends the script as Ctrl+C does, and waits until nothing is left. */
async function endsCleanly({ child, exit, output }: ReturnType<typeof run>): Promise<void> {
  child.kill("SIGTERM");
  expect(await within("the end", exit)).toBe(0);
  expect(pidsIn(output.out).filter(isRunning)).toEqual([]);
}

afterEach(endAll);

describeWith("npm run cluster", [redis], () => {
  test("a room works on every transport, also when a node is killed, and no process is left at the end", async () => {
    const script = cluster();
    const url = await script.listening();
    await until("the last line", () => script.output.out.includes("Ctrl+C"));
    const pids = pidsIn(script.output.out);
    expect(pids).toHaveLength(4);
    try {
      const room = freshRoom();
      await using stack = new AsyncDisposableStack();
      const members: Listener[] = [];
      for (const { name } of clientTransports) {
        members.push(stack.use(await Listener.open(url, { room, name, transport: name })));
      }
      const sent: string[] = [];
      for (let n = 0; n < 40; n += 1) {
        if (n === 20) process.kill(pids[0] ?? 0, "SIGKILL");
        await members[n % members.length]?.client.send(`message ${n}`);
        sent.push(`message ${n}`);
      }
      for (const member of members) {
        await member.untilTexts(sent.length);
        expect(member.texts).toEqual(sent);
        expect(member.gaps).toEqual([]);
      }
      expect(script.output.out).toContain("Node 1 has ended (SIGKILL).");
    } finally {
      await endsCleanly(script);
    }
  });

  test("everything ends when a node can't start", async () => {
    const { exit, output } = cluster({ SKYROCKET_LOG: "loud" });
    expect(await exit).toBe(1);
    expect(output.err).toMatch(/LOG=loud: .*\nNode 1 has ended \(2\)\.\n$/);
    expect(output.out).toBe("");
  });
});

test("npm run cluster without a redis-server says how to get one", async () => {
  const { exit, output } = cluster({ REDIS_SERVER: "/nowhere/redis-server" });
  expect(await exit).toBe(1);
  expect(output.err.trim().split("\n")).toEqual([expect.stringContaining("npm run setup")]);
});
