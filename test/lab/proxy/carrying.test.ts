import { expect, test } from "vitest";
import { until } from "../../support/wait.ts";
import { Bench, link, weather } from "./support.ts";

const LONG = "0123456789".repeat(20_000);

test("a connection carries both directions, reports every byte once, and ends when both ends have", async () => {
  await using bench = await Bench.open();
  const { client, server } = await bench.pair();
  client.socket.write("up");
  await server.untilText("up");
  server.socket.write("down");
  await client.untilText("down");
  client.socket.end();
  await until("the server to see the end", () => server.ended);
  expect(client.ended).toBe(false);
  server.socket.end("last");
  await until("the client to see the end", () => client.ended);
  expect(client.text).toBe("downlast");
  await until("the connection to be gone", () => bench.proxy.connections === 0);
  expect(bench.recorder.passedText("up")).toBe("up");
  expect(bench.recorder.passedText("down")).toBe("downlast");
  expect(bench.recorder.entries.at(-1)).toEqual({ kind: "closed", connection: 0, by: "client" });
});

test("a reset of one side resets the other", async () => {
  await using bench = await Bench.open();
  const { client, server } = await bench.pair();
  server.socket.resetAndDestroy();
  await until("the reset", () => client.failed);
  expect(client.failed).toBe("ECONNRESET");
  await until("the connection to be gone", () => bench.proxy.connections === 0);
  expect(bench.recorder.entries.at(-1)).toEqual({ kind: "closed", connection: 0, by: "server" });
});

test("an unreachable server resets the client", async () => {
  await using bench = await Bench.open({ target: { host: "127.0.0.1", port: 1 } });
  const client = bench.client();
  await until("the reset", () => client.failed);
  await until("the connection to be gone", () => bench.proxy.connections === 0);
});

test("delay: no byte arrives sooner, the order is kept, and jitter is added", async () => {
  let now = 0;
  await using bench = await Bench.open({
    now: () => now,
    weather: weather({ down: link({ delayMs: 20, jitterMs: 10 }) }),
  });
  const { client, server } = await bench.pair();
  for (const text of ["a", "b", "c"]) {
    server.socket.write(text);
    await bench.settle();
  }
  now = 19;
  await bench.settle();
  expect(client.text).toBe("");
  now = 31;
  await client.untilText("abc");
  for (const entry of bench.recorder.entries) {
    if (entry.kind === "passed" && entry.direction === "down") expect(entry.heldMs).toBe(31);
  }
});

test("a FIN is delayed like the bytes before it", async () => {
  let now = 0;
  await using bench = await Bench.open({ now: () => now, weather: weather({ up: link({ delayMs: 20 }) }) });
  const { client, server } = await bench.pair();
  client.socket.end("last words");
  server.socket.write("meanwhile");
  await client.untilText("meanwhile");
  expect(server.ended).toBe(false);
  now = 20;
  await until("the end", () => server.ended);
  expect(server.text).toBe("last words");
});

test("bandwidth: bytes arrive at the configured rate, and all of them", async () => {
  await using bench = await Bench.open({ weather: weather({ down: link({ bytesPerSecond: 50_000 }) }) });
  const { client, server } = await bench.pair();
  const begun = performance.now();
  server.socket.write("x".repeat(20_000));
  await until("all bytes", () => client.length === 20_000);
  // 400 ms at that rate, less what a late timer lets it catch up.
  expect(performance.now() - begun).toBeGreaterThan(300);
  expect(bench.recorder.passedText("down")).toHaveLength(20_000);
});

test("packets of one byte: each byte is a write of its own", async () => {
  await using bench = await Bench.open({ weather: weather({ down: link({ packetBytes: 1 }) }) });
  const { client, server } = await bench.pair();
  server.socket.write("0123456789");
  await client.untilText("0123456789");
  expect(client.chunks.length).toBeGreaterThan(5);
  // Told as it came, not as it went.
  expect(bench.recorder.passedText("down")).toBe("0123456789");
});

test("a stall holds all bytes and then passes them on in order", async () => {
  let now = 0;
  await using bench = await Bench.open({ now: () => now });
  const { client, server } = await bench.pair();
  bench.proxy.stall(50);
  client.socket.write("up");
  server.socket.end("down");
  await until("the bytes to be at the proxy", () => bench.proxy.heldBytes === "updown".length);
  expect([client.text, server.text]).toEqual(["", ""]);
  now = 50;
  await client.untilText("down");
  await server.untilText("up");
  await until("the end", () => client.ended);
  expect(bench.recorder.faults).toEqual(["stall"]);
});

test("a receiver that does not read pauses its sender, and held bytes stay bounded", async () => {
  await using bench = await Bench.open();
  const { client, server } = await bench.pair();
  client.socket.pause();
  // What a socket holds depends on the kernel; a sender that is never stopped would get all of this out.
  const chunk = Buffer.alloc(65_536);
  const all = 64 * 1_048_576;
  let sent = 0;
  const fill = (): void => {
    while (sent < all) {
      sent += chunk.length;
      if (!server.socket.write(chunk)) return;
    }
  };
  server.socket.on("drain", fill);
  fill();
  await until("the sender to be stopped", async () => {
    const before = sent;
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    return sent === before && sent > chunk.length;
  });
  expect(sent).toBeLessThan(all / 2);
  client.socket.resume();
  await until("all of it", () => client.length === all);
});

test("the held bytes of all connections together are bounded, and every sender finishes", async () => {
  let now = 0;
  await using bench = await Bench.open({
    now: () => now,
    maxHeldBytes: 100_000,
    weather: weather({ down: link({ delayMs: 10 }) }),
  });
  const pairs = [await bench.pair(), await bench.pair(), await bench.pair()];
  for (const { server } of pairs) server.socket.write(LONG);
  await until("the senders' bytes to be under way", () => pairs.every(({ server }) => server.socket.bytesWritten > 0));
  await until("all of it", () => {
    now += 10;
    return pairs.every(({ client }) => client.length === LONG.length);
  });
  for (const { client } of pairs) expect(client.text).toBe(LONG);
});
