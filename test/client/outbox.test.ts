import { describe, expect, it } from "vitest";
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
  it("keeps messages until there is a way, then sends one at a time, in order", async () => {
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

  it("sends again under the same id, after a back-off, what got no reply, and lets nothing overtake it", async () => {
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

  it("sends what is in flight again at once by a new way, and takes whichever reply comes", async () => {
    const { outbox, outcomes, send, way, other } = setup();
    outbox.use(way);
    send("a");
    outbox.use(other);
    expect(other.sent).toEqual(["a"]);
    await way.ok(0, 11);
    await other.ok(0, 11);
    expect(outcomes).toEqual(["a 11"]);
  });

  it("is not troubled by the failure of a way it has left", async () => {
    const { outbox, outcomes, send, way, other } = setup();
    outbox.use(way);
    send("a");
    outbox.use(other);
    await way.fail(0);
    expect(other.sent).toEqual(["a"]);
    await other.ok(0, 11);
    expect(outcomes).toEqual(["a 11"]);
  });

  it("waits as long as a refusal says before it tries again", async () => {
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

  it.each([true, false])(
    "fails what is refused for good and goes on with the next (as a thrown error: %s)",
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

  it("tells its owner when the session is gone, and sends nothing more", async () => {
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

  it("gives up, visibly, 4 minutes after send()", async () => {
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

  it("takes its own message coming down for the acknowledgement", async () => {
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

  it("knows when an acknowledged message was sent and answered, until its echo has come", async () => {
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

  it("does not say when a message was sent that was sent twice", async () => {
    const { outbox, send, way, other } = setup();
    outbox.use(way);
    send("a");
    outbox.use(other);
    await other.ok(0, 11);
    expect(outbox.echoed("a", 11)).toMatchObject({ sentAt: null });
  });

  it("takes a message sent twice under one id while it is pending for one", async () => {
    const { outbox, outcomes, send, way } = setup();
    outbox.use(way);
    send("a");
    send("a");
    await way.ok(0, 11);
    expect(way.sent).toEqual(["a"]);
    expect(outcomes).toEqual(["a 11", "a 11"]);
  });

  it("rejects with SendError and leaves no timer when all is given up", async () => {
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
