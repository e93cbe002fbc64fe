import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFrame } from "../../../lab/engine/decoder/ws-frame.ts";
import type { Item } from "../../../lab/page/wire/model/wire-record.ts";
import { createSending, type Sending } from "../../../lab/page/wire/workbench/frame-sending.ts";
import { type Expected, READY_MADE } from "../../../lab/page/wire/workbench/ready-made-frames.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { LAB } from "../../support/lab.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "../server/visitor.ts";
import { LANES, sidesOf, wireOf } from "./shown.ts";

const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false, lab: LAB });
});
afterAll(() => server.close());

async function openSession(): Promise<string> {
  const answer = await fetch(new URL("/api/sessions", server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room: `workbench-${crypto.randomUUID()}`, name: "Workbench" }),
  });
  const { session }: { session: string } = await answer.json();
  return session;
}

/** The workbench of the page, on a lane of the running server. */
async function workbench(open = openSession) {
  const visitor = await Visitor.enter(server.url);
  const { wire, refresh } = wireOf(visitor.entries);
  const sending = createSending(wire, (order) => visitor.order(order), {
    server: server.url,
    openSession: open,
    newKey: () => randomBytes(16),
  });
  const answered = (): readonly Expected[] => {
    refresh();
    return (sending.answer.value ?? []).flatMap((item) => (item.message.up === null ? meaning(item) : []));
  };
  /** What a frame from the server says: a close code, a pong, `ok`. What the room says besides is no answer. */
  function meaning(item: Item): Expected[] {
    const { title, types } = item.message;
    if (title === "pong frame") return ["pong"];
    if (types.includes("ok")) return ["ok"];
    const code = sidesOf(wire, item)
      .flatMap(({ spans }) => spans)
      .find(({ label }) => label.startsWith("close code "));
    return code === undefined ? [] : [Number(code.label.slice("close code ".length))];
  }
  return { sending, answered, lane: LANES.findIndex(({ transport }) => transport === "websocket"), visitor };
}

/** Sends, and resolves to what was answered as soon as it is as long as expected. */
async function answer(bench: Awaited<ReturnType<typeof workbench>>, frame: Uint8Array, length: number) {
  await bench.sending.send(bench.lane, frame);
  await until("the server's answer", () => bench.answered().length >= length);
  return bench.answered();
}

describe("a frame that is sent from the workbench", () => {
  test.each(READY_MADE)("$name: $says", async ({ make, expects }) => {
    const bench = await workbench();
    using _ = bench.visitor;
    expect(await answer(bench, make(KEY), expects.length)).toEqual(expects);
  });

  test.each([125, 126, 65_535, 65_536])("of %i bytes of payload is taken whole", async (length) => {
    const bench = await workbench();
    using _ = bench.visitor;
    const text = JSON.stringify({ type: "say", id: "w1", text: "" });
    const payload = new Uint8Array(Buffer.from(text.padEnd(length, " ")));
    const mask = KEY;
    // An empty text is refused by the room, which has read the whole of it to say so; the connection stays.
    await bench.sending.send(bench.lane, encodeFrame({ fin: true, rsv: 0, opcode: 1, mask, payload }));
    const types = (): string[] => {
      bench.answered();
      return (bench.sending.answer.value ?? []).flatMap(({ message }) => message.types);
    };
    await until("the room's refusal", () => types().includes("refused"));
    expect(bench.sending.trouble.value).toBe("");
    expect(bench.answered()).toEqual([]);
  });

  test("is not sent when it does not fit into an order, and the bench says so", async () => {
    const bench = await workbench();
    using _ = bench.visitor;
    await bench.sending.send(bench.lane, new Uint8Array(70_000));
    expect(bench.sending.trouble.value).toMatch(/Handshake and frame are 70,\d{3} bytes, and at most 67,584/);
    expect(bench.sending.answer.value).toBeNull();
  });

  test("is not sent without a session; the next try opens one", async () => {
    let tries = 0;
    const bench = await workbench(async () => {
      tries += 1;
      if (tries === 1) throw new Error("refused");
      return openSession();
    });
    using _ = bench.visitor;
    const frame = READY_MADE[0]?.make(KEY) ?? new Uint8Array(0);
    await bench.sending.send(bench.lane, frame);
    expect(bench.sending.trouble.value).toContain("No session could be opened");
    expect(await answer(bench, frame, 1)).toEqual(["ok"]);
    expect(bench.sending.trouble.value).toBe("");
  });

  test("is answered on a connection of its own each time", async () => {
    const bench = await workbench();
    using _ = bench.visitor;
    const [say, , ping] = READY_MADE.map(({ make }) => make(KEY));
    if (say === undefined || ping === undefined) throw new Error("nothing is ready-made");
    expect(await answer(bench, say, 1)).toEqual(["ok"]);
    const first = connectionOf(bench.sending);
    expect(await answer(bench, ping, 1)).toEqual(["pong"]);
    expect(connectionOf(bench.sending)).not.toBe(first);
  });
});

function connectionOf(sending: Sending): number | undefined {
  return sending.answer.value?.[0]?.connection.number;
}
