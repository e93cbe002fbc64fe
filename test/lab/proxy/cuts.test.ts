import { expect, test } from "vitest";
import { reset } from "../../../lab/engine/proxy/connection.ts";
import { CALM } from "../../../lab/engine/weather.ts";
import { until } from "../../support/wait.ts";
import { Bench, link, weather } from "./support.ts";

test("fin: both ends receive a FIN, and bytes in flight are reported as swallowed", async () => {
  await using bench = await Bench.open({ weather: weather({ down: link({ delayMs: 60_000 }) }) });
  const { client, server } = await bench.pair();
  server.socket.write("on its way");
  client.socket.write("!");
  await server.untilText("!");
  await until("the bytes to be at the proxy", () => bench.proxy.heldBytes === 10);
  bench.proxy.cut("fin");
  await until("both ends to see it", () => client.ended && server.ended);
  expect([client.text, client.failed, server.failed]).toEqual(["", null, null]);
  expect(bench.recorder.swallowedBytes).toBe(10);
  expect(bench.recorder.faults).toEqual(["fin"]);
});

test("fin: an end that does not answer the FIN is destroyed", async () => {
  await using bench = await Bench.open();
  const { client } = await bench.pair();
  bench.proxy.cut("fin");
  await until("the client to see it", () => client.ended);
  // Neither end has ended its side.
  expect(bench.proxy.connections).toBe(1);
  await until("the connection to be gone", () => bench.proxy.connections === 0);
  expect(bench.recorder.entries.at(-1)).toEqual({ kind: "closed", connection: 0, by: "weather" });
});

test("rst: both ends get an error", async () => {
  await using bench = await Bench.open();
  const { client, server } = await bench.pair();
  bench.proxy.cut("rst");
  await until("both ends to see it", () => client.failed !== null && server.failed !== null);
  expect([client.failed, server.failed]).toEqual(["ECONNRESET", "ECONNRESET"]);
  await until("the connection to be gone", () => bench.proxy.connections === 0);
});

test("silence: neither bytes nor a FIN pass, and the other side stays open until it closes", async () => {
  await using bench = await Bench.open();
  const { client, server } = await bench.pair();
  bench.proxy.cut("silence");
  server.socket.write("nobody hears");
  client.socket.end("nor this");
  await until("the bytes to be lost", () => bench.recorder.swallowedBytes === "nobody hearsnor this".length);
  const second = await bench.pair();
  second.client.socket.write("others go on");
  await second.server.untilText("others go on");
  expect([server.text, client.text, server.ended, server.failed]).toEqual(["", "", false, null]);
  expect(bench.proxy.connections).toBe(2);
  server.socket.destroy();
  await until("the silent one to be gone", () => bench.proxy.connections === 1);
});

const EVERY_MS = 1_000;

test("cuts come at random ages with the configured mean, and the same ages for the same seed", async () => {
  const ages = async (seed: number): Promise<number[]> => {
    const clock = performance.now();
    await using bench = await Bench.open({
      seed,
      now: () => performance.now() - clock,
      weather: weather({ cut: { how: "rst", everyMs: EVERY_MS } }),
    });
    const begun = performance.now() - clock;
    const clients = Array.from({ length: 12 }, () => bench.client());
    await until("all to be cut", () => bench.recorder.faults.filter((what) => what === "rst").length === 12);
    expect(clients).toHaveLength(12);
    const at = new Map(
      bench.recorder.entries.flatMap((entry) =>
        entry.kind === "fault" ? [[entry.connection ?? -1, entry.at - begun]] : [],
      ),
    );
    return Array.from({ length: 12 }, (_, connection) => at.get(connection) ?? Number.NaN);
  };
  const [one = [], again = [], other = []] = await Promise.all([ages(7), ages(7), ages(8)]);
  const order = (of: number[]): number[] => of.map((_, place) => place).toSorted((a, b) => (of[a] ?? 0) - (of[b] ?? 0));
  // Late timers and accepts make a difference, which is small beside the ages.
  for (const [place, age] of one.entries()) expect(Math.abs(age - (again[place] ?? 0))).toBeLessThan(EVERY_MS / 2);
  expect(order(other)).not.toEqual(order(one));
  expect(Math.max(...one)).toBeGreaterThan(EVERY_MS);
  expect(Math.min(...one)).toBeLessThan(EVERY_MS);
});

test("an idle connection is closed; an active one is not", async () => {
  let now = 0;
  await using bench = await Bench.open({ now: () => now, weather: weather({ idleCutMs: 150 }) });
  const idle = await bench.pair();
  const busy = await bench.pair();
  now = 100;
  busy.client.socket.write("x");
  await busy.server.untilText("x");
  now = 150;
  await until("the idle one to be cut", () => idle.client.ended && idle.server.ended);
  expect([busy.client.ended, busy.server.ended]).toEqual([false, false]);
  expect(bench.recorder.faults).toEqual(["idle-cut"]);
});

test("refusing: new connections are reset, and open ones continue", async () => {
  await using bench = await Bench.open();
  const { client, server } = await bench.pair();
  bench.proxy.weather = weather({ refuses: true });
  const refused = bench.client();
  await until("the refusal", () => refused.failed);
  client.socket.write("still here");
  await server.untilText("still here");
  bench.proxy.weather = CALM;
  await bench.pair();
  expect(bench.recorder.faults).toEqual(["refused"]);
});

test("restart: all connections are cut, and new ones are refused until it is over", async () => {
  let now = 0;
  await using bench = await Bench.open({ now: () => now });
  const { client } = await bench.pair();
  bench.proxy.restart(1_000);
  await until("the cut", () => client.failed);
  now = 999;
  const early = bench.client();
  await until("the refusal", () => early.failed);
  now = 1_000;
  await bench.pair();
  expect(bench.recorder.faults).toEqual(["rst", "refused"]);
});

test("connections above the limit are refused", async () => {
  await using bench = await Bench.open({ maxConnections: 1 });
  await bench.pair();
  const second = bench.client();
  await until("the refusal", () => second.failed);
  expect(bench.proxy.connections).toBe(1);
});

test("closing the proxy ends all connections, silent ones too", async () => {
  const bench = await Bench.open();
  const { client, server } = await bench.pair();
  bench.proxy.cut("silence");
  await bench.pair();
  const closing = bench.proxy.close();
  await closing;
  await until("both ends to be closed", () => client.socket.closed || client.ended || client.failed !== null);
  await until("the server's as well", () => server.socket.closed || server.ended || server.failed !== null);
  expect(bench.proxy.connections).toBe(0);
  await bench[Symbol.asyncDispose]();
});

test("resetting a socket that is ending closes it and its descriptor", async () => {
  await using bench = await Bench.open();
  const { client } = await bench.pair();
  client.socket.end();
  reset(client.socket);
  await until("the socket to be closed", () => client.socket.closed);
  expect(client.failed).toBe(null);
});
