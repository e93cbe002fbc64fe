import { describe, expect, test } from "vitest";
import { Outbox } from "../../src/client/outbox.ts";
import { SendError } from "../../src/client/types.ts";
import type { RepliedCommand, Reply } from "../../src/protocol/commands.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { LinkError } from "../../src/transports/contract.ts";
import { asCommandId } from "../support/cast.ts";
import { ManualPlatform, settle } from "./support/manual-platform.ts";

/** A way up whose replies the test gives. */
class Way {
  readonly sent: string[] = [];
  readonly #replies: PromiseWithResolvers<Reply>[] = [];

  execute(command: RepliedCommand): Promise<Reply> {
    this.sent.push(command.id);
    const reply = Promise.withResolvers<Reply>();
    this.#replies.push(reply);
    return reply.promise;
  }

  async ok(turn: number, seq: number): Promise<void> {
    this.#replies[turn]?.resolve({ type: "ok", id: asCommandId(this.sent[turn] ?? ""), seq });
    await settle();
  }

  async refuse(
    turn: number,
    code: "too_many" | "unprocessable" | "session_unknown",
    retryAfterMs?: number,
  ): Promise<void> {
    const rest = retryAfterMs === undefined ? {} : { retryAfterMs };
    const retry = code === "too_many";
    this.#replies[turn]?.resolve({ type: "refused", id: this.sent[turn] ?? "", code, message: "no", retry, ...rest });
    await settle();
  }

  async fail(turn: number, error: Error = new LinkError("cut")): Promise<void> {
    this.#replies[turn]?.reject(error);
    await settle();
  }
}

function setup() {
  const platform = new ManualPlatform();
  const gone: ProtocolError[] = [];
  const roundTrips: number[] = [];
  const outbox = new Outbox({
    platform,
    roundTrip: (ms) => roundTrips.push(ms),
    sessionGone: (error) => gone.push(error),
  });
  const outcomes: string[] = [];
  const send = (id: string) => {
    outbox.send(asCommandId(id), `text of ${id}`).then(
      (seq) => outcomes.push(`${id} ${seq}`),
      (error: Error) => outcomes.push(`${id} ${error instanceof ProtocolError ? error.code : error.name}`),
    );
  };
  return { platform, outbox, gone, roundTrips, outcomes, send, way: new Way(), other: new Way() };
}

describe("the outbox", () => {
  test("the outbox keeps messages until there is a link, then sends one at a time, in order", async () => {
    const { outbox, outcomes, send, way } = setup();
    send("a");
    send("b");
    outbox.use(way);
    expect(way.sent).toEqual(["a"]);
    await way.ok(0, 11);
    expect(way.sent).toEqual(["a", "b"]);
    await way.ok(1, 12);
    expect(outcomes).toEqual(["a 11", "b 12"]);
  });

  test("the outbox sends a message without a reply again under the same id, and nothing overtakes it", async () => {
    const { platform, outbox, outcomes, send, way } = setup();
    outbox.use(way);
    send("a");
    send("b");
    await way.fail(0);
    await platform.advance(249);
    expect(way.sent).toEqual(["a"]);
    await platform.advance(1);
    expect(way.sent).toEqual(["a", "a"]);
    await way.ok(1, 11);
    await way.ok(2, 12);
    expect(outcomes).toEqual(["a 11", "b 12"]);
  });

  test("the outbox sends the message in flight again at once over a new link, and accepts either reply", async () => {
    const { outbox, outcomes, send, way, other } = setup();
    outbox.use(way);
    send("a");
    outbox.use(other);
    expect(other.sent).toEqual(["a"]);
    await way.ok(0, 11);
    await other.ok(0, 11);
    expect(outcomes).toEqual(["a 11"]);
  });

  test("the outbox ignores the failure of a link that was replaced", async () => {
    const { outbox, outcomes, send, way, other } = setup();
    outbox.use(way);
    send("a");
    outbox.use(other);
    await way.fail(0);
    expect(other.sent).toEqual(["a"]);
    await other.ok(0, 11);
    expect(outcomes).toEqual(["a 11"]);
  });

  test("the outbox waits as long as a refusal asks before it retries", async () => {
    const { platform, outbox, outcomes, send, way } = setup();
    outbox.use(way);
    send("a");
    send("b");
    await way.refuse(0, "too_many", 3_000);
    await platform.advance(2_999);
    expect(way.sent).toEqual(["a"]);
    await platform.advance(251);
    expect(way.sent).toEqual(["a", "a"]);
    await way.ok(1, 11);
    expect(outcomes).toEqual(["a 11"]);
  });

  test.each([true, false])(
    "the outbox fails a message refused for good and continues with the next (as a thrown error: %s)",
    async (thrown) => {
      const { outbox, outcomes, send, way } = setup();
      outbox.use(way);
      send("a");
      send("b");
      if (thrown) await way.fail(0, new ProtocolError("unprocessable"));
      else await way.refuse(0, "unprocessable");
      await way.ok(1, 12);
      expect(outcomes).toEqual(["a unprocessable", "b 12"]);
    },
  );

  test("the outbox reports that the session is gone and sends nothing more", async () => {
    const { platform, outbox, gone, outcomes, send, way, other } = setup();
    outbox.use(way);
    send("a");
    send("b");
    await way.refuse(0, "session_unknown");
    expect(gone).toHaveLength(1);
    await platform.advance(60_000);
    expect(way.sent).toEqual(["a"]);
    outbox.failAll("another member now");
    await settle();
    expect(outcomes).toEqual(["a SendError", "b SendError"]);
    outbox.use(other);
    expect(other.sent).toEqual([]);
  });

  test("a message fails 4 minutes after send()", async () => {
    const { platform, outbox, outcomes, send, way } = setup();
    send("a");
    await platform.advance(1_000);
    send("b");
    await platform.advance(238_999);
    expect(outcomes).toEqual([]);
    await platform.advance(1);
    expect(outcomes).toEqual(["a SendError"]);
    outbox.use(way);
    expect(way.sent).toEqual(["b"]);
    await platform.advance(1_000);
    expect(outcomes).toEqual(["a SendError", "b SendError"]);
    expect(platform.pending).toBe(0);
  });

  test("an own message that arrives as an event is acknowledged", async () => {
    const { platform, outbox, outcomes, send, way } = setup();
    outbox.use(way);
    send("a");
    await platform.advance(30);
    expect(outbox.echoed("a", 11)).toEqual({ queuedAt: 1_000, sentAt: 1_000, repliedAt: null });
    await settle();
    expect(outcomes).toEqual(["a 11"]);
    await way.fail(0);
    expect(way.sent).toEqual(["a"]);
    expect(platform.pending).toBe(0);
  });

  test("the outbox remembers when an acknowledged message was sent until its echo has come", async () => {
    const { platform, outbox, roundTrips, send, way } = setup();
    send("a");
    await platform.advance(10);
    outbox.use(way);
    await platform.advance(20);
    await way.ok(0, 11);
    expect(roundTrips).toEqual([20]);
    expect(outbox.echoed("a", 11)).toEqual({ queuedAt: 1_000, sentAt: 1_010, repliedAt: 1_030 });
    expect(outbox.echoed("a", 11)).toBeNull();
  });

  test("the outbox has no send time for a message that was sent twice", async () => {
    const { outbox, send, way, other } = setup();
    outbox.use(way);
    send("a");
    outbox.use(other);
    await other.ok(0, 11);
    expect(outbox.echoed("a", 11)).toMatchObject({ sentAt: null });
  });

  test("two pending messages with one id are the same message", async () => {
    const { outbox, outcomes, send, way } = setup();
    outbox.use(way);
    send("a");
    send("a");
    await way.ok(0, 11);
    expect(way.sent).toEqual(["a"]);
    expect(outcomes).toEqual(["a 11", "a 11"]);
  });

  test("failAll() rejects with SendError and leaves no timer", async () => {
    const { platform, outbox, send, way } = setup();
    outbox.use(way);
    send("a");
    await way.fail(0);
    const last = outbox.send(asCommandId("b"), "b");
    outbox.failAll("closed");
    await expect(last).rejects.toBeInstanceOf(SendError);
    expect(platform.pending).toBe(0);
  });
});
