import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Fault, startFaultyServer } from "../../bench/doctor/faulty-server.ts";
import { Generator } from "../../bench/generator/client.ts";
import type { Program } from "../../bench/generator/messages.ts";
import { startServer } from "../../src/server/server.ts";

const HONEST: Fault = (message) => [message];
const SHORT: Program = { kind: "lockstep", turns: 3, together: 1, perSecond: 1_000, textBytes: 0 };

let generator: Generator;
const endings: (() => Promise<void>)[] = [];
beforeEach(() => {
  generator = new Generator(null);
});
afterEach(async () => {
  await generator.stop();
  for (const end of endings.splice(0).reverse()) await end();
});

async function open(row: string, readers: number): Promise<void> {
  const server = row === "net" ? await startFaultyServer(HONEST) : await startServer({ rateLimit: false });
  endings.push(server.close);
  await generator.open({ row, url: String(server.url), readers, supervised: false });
}

describe("the generator's process", () => {
  test("the generator runs orders for several rows at once and answers each with its own result", async () => {
    await Promise.all([open("net", 2), open("websocket", 3), open("sse", 4)]);
    const order: string[] = [];
    const running = async (row: string, program: Program): Promise<number> => {
      const { deliveries } = await generator.run(row, program);
      order.push(row);
      return deliveries;
    };
    const long = running("net", { kind: "wait", ms: 1_500 });
    const deliveries = await Promise.all([running("websocket", SHORT), running("sse", SHORT)]);
    expect(deliveries).toEqual([9, 12]);
    expect(await long).toBe(0);
    expect(order.at(-1)).toBe("net");
  });

  test("the generator reports the time and bytes of opening", async () => {
    const server = await startServer({ rateLimit: false });
    endings.push(server.close);
    const opening = await generator.open({ row: "sse", url: server.url.href, readers: 5, supervised: false });
    expect(opening.readers).toBe(5);
    expect(opening.elapsedMs).toBeGreaterThan(0);
    // A request with a token and an answer's head, for each reader.
    expect(opening.bytesUp).toBeGreaterThan(100);
    expect(opening.bytesDown).toBeGreaterThan(100);
  });

  test("a failed order names its row and its reason, and the generator continues", async () => {
    await expect(generator.run("net", SHORT)).rejects.toThrow("net: no readers are open for net");
    await expect(
      generator.open({ row: "no-such-row", url: "http://127.0.0.1:1/", readers: 1, supervised: false }),
    ).rejects.toThrow('no-such-row: the bench has no row "no-such-row"');
    await open("net", 2);
    await expect(generator.run("net", SHORT)).resolves.toMatchObject({ deliveries: 6, lost: 0 });
    await generator.close("net");
    await expect(generator.run("net", SHORT)).rejects.toThrow("no readers are open for net");
  });

  test("pending orders reject when the generator's process ends", async () => {
    await open("net", 1);
    const running = generator.run("net", { kind: "wait", ms: 60_000 });
    await Promise.all([expect(running).rejects.toThrow("the load generator's process ended"), generator.stop()]);
  });
});
