import { isDeepStrictEqual } from "node:util";
import { afterEach, expect, test } from "vitest";
import type { NodeAction } from "../../lab/engine/control.ts";
import type { NodeState } from "../../lab/engine/run.ts";
import { redis } from "../../scripts/setup/tools.ts";
import { Visitor } from "../lab/server/visitor.ts";
import { describeWith } from "../proxies/support/needs.ts";
import { endAll, isRunning, run } from "../support/command.ts";
import { talkOnAllTransports } from "../support/listener.ts";
import { ask } from "../support/raw-http.ts";
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
      await talkOnAllTransports(url, () => process.kill(pids[0] ?? 0, "SIGKILL"));
      expect(script.output.out).toContain("Node 1 has ended (SIGKILL).");
    } finally {
      await endsCleanly(script);
    }
  });

  test("a visitor of the laboratory kills a node and starts it again, cuts one from Redis and joins it", async () => {
    const script = cluster();
    const url = await script.listening();
    await until("the last line", () => script.output.out.includes("Ctrl+C"));
    const READY = { running: true, ready: true, cut: false };
    try {
      using visitor = await Visitor.enter(url);
      const states = (): readonly NodeState[] =>
        visitor.entries.findLast((entry) => entry.kind === "nodes")?.nodes ?? [];
      const untilNode = (node: number, state: NodeState): Promise<boolean> =>
        until(`node ${node} to be ${JSON.stringify(state)}`, () => isDeepStrictEqual(states()[node], state));
      const order = (node: number, action: NodeAction): void => visitor.order({ type: "node", node, do: action });
      /** Asks for as many answers as would reach each node twice. */
      const nodesThatAnswer = async (): Promise<Set<number>> => {
        const known = visitor.entries.length;
        for (let n = 0; n < 6; n += 1) expect((await ask(new URL("/healthz", visitor.lane(0)))).status).toBe(200);
        const routed = (): number[] =>
          visitor.entries.slice(known).flatMap((entry) => (entry.kind === "routed" ? [entry.node] : []));
        await until("the entries of six requests", () => routed().length === 6);
        return new Set(routed());
      };

      for (const node of [0, 1, 2]) await untilNode(node, READY);
      expect(await nodesThatAnswer()).toEqual(new Set([0, 1, 2]));
      order(1, "kill");
      await untilNode(1, { running: false, ready: false, cut: false });
      expect(await nodesThatAnswer()).toEqual(new Set([0, 2]));
      order(1, "start");
      order(2, "cut");
      // The node notices that it no longer hears its echo, and says so at /readyz.
      await untilNode(2, { running: true, ready: false, cut: true });
      await untilNode(1, READY);
      expect(await nodesThatAnswer()).toEqual(new Set([0, 1]));
      order(2, "join");
      await untilNode(2, READY);
      expect(await nodesThatAnswer()).toEqual(new Set([0, 1, 2]));

      expect(visitor.refusals()).toEqual([]);
      for (const [node, action] of [
        [0, "start"],
        [0, "join"],
        [3, "kill"],
      ] as const) {
        order(node, action);
      }
      await visitor.settle();
      expect(visitor.refusals()).toEqual([
        "Node 1 is running already.",
        "Node 1 is not cut from Redis.",
        "There is no node 3. Nodes are numbered from 0 to 2.",
      ]);
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
