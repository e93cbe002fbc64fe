import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { describeMachine } from "../../bench/measure/machine.ts";
import { type CpuTime, canReadOthers, cpuBetween, readCpuTime } from "../../bench/measure/process-tree.ts";
import { heapHotSpots, hotSpots } from "../../bench/measure/profiles.ts";
import { ask, type ServerProcess, startServerProcess } from "../../bench/measure/server-process.ts";
import { until } from "../support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "skyrocket-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** In microseconds: no Node process starts in less. */
const OWN_START_AT_LEAST = 5_000;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Starts a module given as text as if it were a server. */
async function started(code: string): Promise<ServerProcess> {
  const server = await startServerProcess(["--input-type=module", "--eval", code], { cpu: null });
  endings.push(server.stop);
  return server;
}

function isThere(pid = 0): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function pathTo(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

describe("CPU time", () => {
  test.runIf(canReadOthers)("the CPU time of a process from /proc is what the process reports itself", () => {
    const before = { seen: readCpuTime(process.pid), own: process.cpuUsage() };
    const end = performance.now() + 300;
    while (performance.now() < end) {}
    const own = process.cpuUsage(before.own);
    const { total, user, system } = cpuBetween(before.seen, readCpuTime(process.pid));
    const expected = own.user + own.system;
    expect(Math.abs(total - expected)).toBeLessThan(Math.max(30_000, expected * 0.1));
    expect(user + system).toBeCloseTo(total, 3);
  });

  test("a server reports its own CPU time to the probe", async () => {
    const args = ["--import", pathTo("../../bench/measure/probe.ts"), pathTo("../../bench/floors/net.ts")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    endings.push(() => child.kill());
    const isTime = (value: unknown): value is CpuTime =>
      typeof value === "object" && value !== null && "total" in value;
    const { total, user, system } = await ask(child, "cpu", isTime);
    expect(total).toBe(user + system);
    expect(total).toBeGreaterThan(0);
  });

  test.runIf(canReadOthers)("the CPU time of a server includes its child processes", async () => {
    const server = await started(
      `import { spawn } from "node:child_process";
       const busy = "while (process.cpuUsage().user < 400_000); setInterval(() => {}, 1000); console.log()";
       const helper = spawn(process.execPath, ["--eval", busy], { stdio: ["ignore", "pipe", "inherit"] });
       helper.stdout.once("data", () => console.log("listening on http://127.0.0.1:1/"));
       process.on("SIGTERM", () => { helper.kill(); process.exit(0); });`,
    );
    expect((await server.cpuTime()).total).toBeGreaterThan(400_000 + OWN_START_AT_LEAST);
  });
});

describe("a server under measurement", () => {
  test("a server ends when the bench is killed", async () => {
    const server = `console.log("listening on http://127.0.0.1:1/" + process.pid); setInterval(() => {}, 1000);`;
    const bench = spawn(process.execPath, [
      "--input-type=module",
      "--eval",
      `const { startServerProcess } = await import(${JSON.stringify(pathTo("../../bench/measure/server-process.ts"))});
       const { url } = await startServerProcess(["--input-type=module", "--eval", ${JSON.stringify(server)}], { cpu: null });
       console.log(url.pathname.slice(1));`,
    ]);
    endings.push(() => bench.kill("SIGKILL"));
    const [pid] = (await once(bench.stdout, "data")).map(Number);
    expect(isThere(pid)).toBe(true);
    bench.kill("SIGKILL");
    await until("the server to end", () => !isThere(pid));
  });
});

describe("memory", () => {
  test("a server's memory is measured after garbage collection", async () => {
    const server = await started(
      `globalThis.kept = new Uint8Array(20_000_000).fill(1);
       let garbage = Array.from({ length: 500_000 }, (_, at) => ({ at }));
       console.log("listening on http://127.0.0.1:1/", garbage.length);
       garbage = null;
       setInterval(() => {}, 1000);`,
    );
    const { rssBytes, heapBytes, youngBytes } = await server.memory();
    expect(youngBytes).toBeGreaterThan(0);
    expect(youngBytes).toBeLessThan(rssBytes - 20_000_000);
    expect(heapBytes).toBeGreaterThan(1_000_000);
    expect(heapBytes).toBeLessThan(10_000_000);
    expect(rssBytes).toBeGreaterThan(20_000_000);
    expect(Math.abs((await server.resident()) - rssBytes)).toBeLessThan(10_000_000);
  });

  test.runIf(canReadOthers)("the memory of a server with a child process is that of both, without a heap", async () => {
    const server = await started(
      `import { spawn } from "node:child_process";
       const hold = "const kept = new Uint8Array(200_000_000).fill(1); setInterval(() => kept, 1000); console.log()";
       const helper = spawn(process.execPath, ["--eval", hold], { stdio: ["ignore", "pipe", "inherit"] });
       helper.stdout.once("data", () => console.log("listening on http://127.0.0.1:1/"));
       process.on("SIGTERM", () => { helper.kill(); process.exit(0); });`,
    );
    expect(await server.memory()).toEqual({ rssBytes: expect.any(Number), heapBytes: null, youngBytes: null });
    expect(await server.resident()).toBeGreaterThan(200_000_000);
  });

  test("asking a server for its memory rejects if the server ends", async () => {
    const server = await started(
      `console.log("listening on http://127.0.0.1:1/"); process.on("message", () => process.exit(0)); setInterval(() => {}, 1000);`,
    );
    await expect(server.memory()).rejects.toThrow(/ended before it answered "memory"/);
  });
});

describe("the machine", () => {
  test("the description of the machine does not contain its name", () => {
    const machine = describeMachine();
    expect(machine.cores).toBeGreaterThan(0);
    expect(Object.keys(machine)).toEqual(expect.arrayContaining(["governor", "clocksource", "openFiles"]));
    // As a word of its own: a machine may be called "vm", and its clock "kvm-clock".
    expect(JSON.stringify(machine).split(/[^\w.-]+/)).not.toContain(hostname());
  });

  test.runIf(canReadOthers)("the description of the machine has the limit of open files", () => {
    expect(describeMachine().openFiles).toBeGreaterThan(100);
  });
});

describe("a server's process", () => {
  test("a server is reached at the address it prints and can be stopped twice", async () => {
    const server = await startServerProcess([pathTo("../../bench/floors/net.ts")], { cpu: null });
    expect(server.url.hostname).toBe("127.0.0.1");
    expect((await server.cpuTime()).total).toBeGreaterThan(0);
    await server.stop();
    await server.stop();
  });

  test("starting a server that ends at once rejects", async () => {
    await expect(startServerProcess(["--eval", ""], { cpu: null })).rejects.toThrow(/ended, or ran for/);
  });
});

describe("a profile's hot spots", () => {
  test("hot spots are the functions' own times within the spans, without idle time", () => {
    const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 9 });
    const profile = {
      startTime: 1_000,
      nodes: [
        { id: 1, callFrame: frame("write", "file:///src/sse.ts") },
        { id: 2, callFrame: frame("(idle)") },
        { id: 3, callFrame: frame("") },
        { id: 4, callFrame: frame("compile") },
      ],
      samples: [4, 1, 2, 3, 1, 4],
      timeDeltas: [100, 100, 100, 100, 200, 5_000],
    };
    writeFileSync(join(folder, "CPU.cpuprofile"), JSON.stringify(profile));
    expect(hotSpots(folder, [[1_150, 2_000]], 5)).toEqual([
      { name: "write sse.ts:10", share: 0.75 },
      { name: "(anonymous)", share: 0.25 },
    ]);
  });
});

describe("a heap profile's hot spots", () => {
  test("heap hot spots are the functions by bytes they allocated themselves", () => {
    const node = (functionName: string, selfSize: number, children: readonly unknown[] = []) => ({
      callFrame: { functionName, url: "file:///src/log.ts", lineNumber: 4 },
      selfSize,
      children,
    });
    const head = node("(root)", 0, [node("append", 30, [node("frame", 60)]), node("frame", 10)]);
    writeFileSync(join(folder, "Heap.heapprofile"), JSON.stringify({ head }));
    expect(heapHotSpots(folder, 2)).toEqual([
      { name: "frame log.ts:5", share: 0.7 },
      { name: "append log.ts:5", share: 0.3 },
    ]);
  });

  test("hot spots throw if there is no profile", () => {
    const empty = mkdtempSync(join(folder, "empty-"));
    expect(() => heapHotSpots(empty, 2)).toThrow(/no profile \(\*\.heapprofile\)/);
  });
});
