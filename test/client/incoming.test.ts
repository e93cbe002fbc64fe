import { describe, expect, test } from "vitest";
import { LinkError } from "../../src/transports/contract.ts";
import { isDownEvent } from "../../src/transports/shared/client/incoming.ts";
import { advance } from "../../src/transports/shared/client/poll-link.ts";
import { asCursor } from "../support/cast.ts";
import { live, message } from "./support/scene.ts";

describe("what comes in", () => {
  test.each([{ type: "poem" }, { type: "toString" }, {}, null, [], "message", 3])(
    "a client ignores %j, which a later version may send",
    (value) => {
      expect(isDownEvent(value)).toBe(false);
    },
  );

  test.each([
    { type: "message", seq: "6" },
    { ...message(6), from: null },
    { ...message(6), seq: 0 },
    { ...message(6), seq: 1e15 },
    { type: "live", at: 1, cursor: "nonsense", replayed: 0 },
    { type: "gap", cursor: "e1-1" },
    { type: "idle" },
  ])("a client rejects %j as an event", (value) => {
    expect(() => isDownEvent(value)).toThrow(LinkError);
  });

  test("the next cursor follows from durable events, `gap` and `live`", () => {
    expect(advance(asCursor("e1-5"), [message(6), message(7)])).toBe("e1-7");
    expect(advance(asCursor("e1-5"), [{ type: "gap", cursor: asCursor("e2-9"), missed: null }, message(10)])).toBe(
      "e2-10",
    );
    expect(advance(undefined, [live("e1-3")])).toBe("e1-3");
    expect(() => advance(undefined, [message(1)])).toThrow(LinkError);
  });
});
