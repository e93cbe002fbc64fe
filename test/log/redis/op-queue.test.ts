import { expect, test } from "vitest";
import { RedisError } from "../../../src/log/redis/connection.ts";
import { OpQueue, type OpTarget } from "../../../src/log/redis/op-queue.ts";
import type { Appended, Op } from "../../../src/log/redis/scripts.ts";
import { asCommandId, asMember } from "../../support/cast.ts";
import { ManualWorld } from "../../support/manual-world.ts";

const member = asMember("m1");
const say = (id: string): Op => ({ op: "say", member, id: asCommandId(id), tail: `"text":"${id}"}`, byPost: false });

/** Redis as the queue sees it: calls that the test answers. */
class ScriptedTarget implements OpTarget {
  connected = true;
  recovered = 0;
  readonly calls: { readonly ops: readonly Op[]; readonly answer: (appended: Appended | RedisError) => void }[] = [];

  append(ops: readonly Op[]): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const answer = (appended: Appended | RedisError): void =>
        appended instanceof RedisError ? reject(appended) : resolve(appended);
      this.calls.push({ ops, answer });
    });
  }

  onAppended = (): void => {};

  async recover(): Promise<void> {
    this.recovered += 1;
  }

  get ids(): string[][] {
    return this.calls.map(({ ops }) => ops.map((op) => (op.op === "say" ? op.id : op.op)));
  }
}

/** Stores all operations of a call, numbered from `first`. */
function stored(ops: readonly Op[], first: number): Appended {
  const answers = ops.map((_, index) => ({ kind: "stored", seq: first + index }) as const);
  const head = first + ops.length - 1;
  return { kind: "ok", epoch: "e1" as never, first, head, oldest: 1, answers, lines: [], deadlineMs: null };
}

function scene() {
  const world = new ManualWorld();
  const target = new ScriptedTarget();
  return { world, target, queue: new OpQueue(world.core(), target) };
}

test("what arrives in one turn, or while a call is under way, goes in one call, and calls never overlap", async () => {
  const { world, target, queue } = scene();
  const first = [queue.submit(say("a")), queue.submit(say("b"))];
  await world.turn();
  const second = [queue.submit(say("c"))];
  await world.turn();
  second.push(queue.submit(say("d")));
  await world.turn();
  expect(target.ids).toEqual([["a", "b"]]);
  target.calls[0]?.answer(stored(target.calls[0].ops, 1));
  await world.turn();
  expect(target.ids).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  target.calls[1]?.answer(stored(target.calls[1].ops, 3));
  await world.turn();
  expect(await Promise.all([...first, ...second])).toEqual([1, 2, 3, 4].map((seq) => ({ kind: "stored", seq })));
});

test("a call without a reply is repeated as it was, before anything later", async () => {
  const { world, target, queue } = scene();
  const all = [queue.submit(say("a"))];
  await world.turn();
  all.push(queue.submit(say("b")));
  target.connected = false;
  queue.onDown();
  target.calls[0]?.answer(new RedisError("down", "DOWN", "cut"));
  await world.turn();
  await world.advance(5_000);
  expect(target.calls).toHaveLength(1);
  target.connected = true;
  queue.onUp();
  await world.turn();
  expect(target.ids[1]).toEqual(["a", "b"]);
  target.calls[1]?.answer(stored(target.calls[1].ops, 7));
  await world.turn();
  expect(await Promise.all(all)).toEqual([7, 8].map((seq) => ({ kind: "stored", seq })));
  await world.advance(10_000);
});

test("after 8 s without Redis what was sent has an unknown outcome, and new operations are refused at once", async () => {
  const { world, target, queue } = scene();
  const unknown = queue.submit(say("a"));
  unknown.catch(() => undefined);
  await world.turn();
  const waiting = queue.submit(say("waiting"));
  waiting.catch(() => undefined);
  target.connected = false;
  queue.onDown();
  target.calls[0]?.answer(new RedisError("down", "DOWN", "cut"));
  await expect(queue.submit(say("b"))).rejects.toMatchObject({
    code: "overloaded",
    message: expect.stringContaining("Nothing was stored"),
  });
  await world.advance(8_100);
  await expect(unknown).rejects.toMatchObject({ code: "overloaded", message: expect.stringContaining("not known") });
  await expect(waiting).rejects.toMatchObject({ message: expect.stringContaining("Nothing was stored") });
  target.connected = true;
  queue.onUp();
  await world.turn();
  expect(target.calls).toHaveLength(1);
});

test("a Redis without memory refuses what adds, and still takes what frees", async () => {
  const { world, target, queue } = scene();
  const said = queue.submit(say("a"));
  said.catch(() => undefined);
  const left = queue.submit({ op: "leave", member });
  await world.turn();
  target.calls[0]?.answer(new RedisError("refused", "OOM", "OOM command not allowed"));
  await world.turn();
  await expect(said).rejects.toMatchObject({ message: expect.stringContaining("Nothing was stored") });
  expect(target.ids[1]).toEqual(["leave"]);
  target.calls[1]?.answer(stored(target.calls[1].ops, 1));
  await world.turn();
  expect(await left).toEqual({ kind: "stored", seq: 1 });
});

test("a call to a room that has another history now is repeated once the room is usable again", async () => {
  const { world, target, queue } = scene();
  const said = queue.submit(say("a"));
  await world.turn();
  target.calls[0]?.answer({ kind: "life" });
  await world.turn();
  expect(target.recovered).toBe(1);
  expect(target.ids).toEqual([["a"], ["a"]]);
  target.calls[1]?.answer(stored(target.calls[1].ops, 1));
  await world.turn();
  expect(await said).toEqual({ kind: "stored", seq: 1 });
});

test("an operation whose call is under way when the queue closes has an unknown outcome, and one that waits has not", async () => {
  const { world, target, queue } = scene();
  const sent = queue.submit(say("a"));
  await world.turn();
  const waiting = queue.submit(say("b"));
  queue.close();
  await expect(sent).rejects.toMatchObject({ message: expect.stringContaining("not known") });
  await expect(waiting).rejects.toMatchObject({ message: expect.stringContaining("Nothing was stored") });
  target.calls[0]?.answer(stored(target.calls[0].ops, 1));
  await world.turn();
});

test("a refusal after a call without a reply leaves the outcome unknown, and a refusal of the first call does not", async () => {
  const { world, target, queue } = scene();
  const refusal = new RedisError("refused", "NOREPLICAS", "NOREPLICAS not enough good replicas");
  const first = queue.submit(say("a"));
  first.catch(() => undefined);
  await world.turn();
  target.calls[0]?.answer(new RedisError("down", "DOWN", "cut"));
  await world.turn();
  const second = queue.submit(say("b"));
  second.catch(() => undefined);
  await world.turn();
  target.calls[1]?.answer(refusal);
  await world.turn();
  await expect(first).rejects.toMatchObject({ message: expect.stringContaining("not known") });
  await expect(second).rejects.toMatchObject({ message: expect.stringContaining("Nothing was stored") });
});

test("an operation that was stored is answered though taking its events over fails, which is reported", async () => {
  const { world, target, queue } = scene();
  const error = new Error("a listener that fails");
  target.onAppended = () => {
    throw error;
  };
  const said = queue.submit(say("a"));
  await world.turn();
  target.calls[0]?.answer(stored(target.calls[0].ops, 1));
  expect(await said).toEqual({ kind: "stored", seq: 1 });
  expect(world.reported).toEqual([error]);
});
