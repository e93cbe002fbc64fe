import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { hotSpots } from "../../bench/fanout/profile.ts";
import { startServerProcess } from "../../bench/measure/child.ts";
import { canReadOthers, cpuBetween, readCpuTime } from "../../bench/measure/cpu.ts";

const folder = mkdtempSync(join(tmpdir(), "skyrocket-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

function pathTo(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

describe("CPU time", () => {
  it.runIf(canReadOthers)("of a process as the system sees it is what the process sees itself", () => {
    const before = { seen: readCpuTime(process.pid), own: process.cpuUsage() };
    const end = performance.now() + 300;
    while (performance.now() < end) {}
    const own = process.cpuUsage(before.own);
    const { total, user, system } = cpuBetween(before.seen, readCpuTime(process.pid));
    const expected = own.user + own.system;
    expect(Math.abs(total - expected)).toBeLessThan(Math.max(30_000, expected * 0.1));
    expect(user + system).toBeCloseTo(total, 3);
  });

  it("is told by a server itself where the system doesn't", async () => {
    const args = ["--import", pathTo("../../bench/measure/cpu-probe.ts"), pathTo("../../bench/floors/net.ts")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
    if (child.stdout !== null) await once(child.stdout, "data");
    child.send("cpu");
    const [answer] = await once(child, "message");
    child.kill();
    await once(child, "exit");
    expect(answer).toEqual({
      type: "cpu",
      total: expect.any(Number),
      user: expect.any(Number),
      system: expect.any(Number),
    });
    expect(answer.total).toBe(answer.user + answer.system);
    expect(answer.total).toBeGreaterThan(0);
  });
});

describe("a server's process", () => {
  it("is reached by the address it prints, and ends when asked", async () => {
    const server = await startServerProcess([pathTo("../../bench/floors/net.ts")], { cpu: null });
    expect(server.url.hostname).toBe("127.0.0.1");
    expect((await server.cpuTime()).total).toBeGreaterThan(0);
    await server.stop();
    await server.stop();
  });

  it("that ends at once is said to have ended", async () => {
    await expect(startServerProcess(["--eval", ""], { cpu: null })).rejects.toThrow(/ended, or was silent/);
  });
});

describe("a profile's hot spots", () => {
  it("are the functions' own times within the spans, idle left out", () => {
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
