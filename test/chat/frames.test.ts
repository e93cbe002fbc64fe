import { describe, expect, it } from "vitest";
import { FrameCache } from "../../src/chat/lane.ts";
import type { DownEvent } from "../../src/protocol/events.ts";
import { asEpoch } from "../support/cast.ts";
import { recordingWire } from "../support/recording-wire.ts";

const events = (count: number): DownEvent[] => Array.from({ length: count }, (_, at) => ({ type: "idle", at }));

describe("frames of catching up", () => {
  it("are made once for all who read the same stretch", () => {
    const wire = recordingWire("stream");
    const frames = new FrameCache(wire, asEpoch("e1"));
    expect(frames.frame(3, events(2))).toBe(frames.frame(3, events(2)));
    expect(wire.framed).toBe(1);
  });

  it("hold what was read, though another has read less or more from the same place", () => {
    const frames = new FrameCache(recordingWire("stream"), asEpoch("e1"));
    for (const count of [1, 3, 2]) expect(frames.frame(3, events(count))).toEqual(events(count));
  });

  it("are given up when others are asked for", () => {
    const wire = recordingWire("stream");
    const frames = new FrameCache(wire, asEpoch("e1"));
    for (let from = 0; from < 20; from += 1) frames.frame(from, events(1));
    frames.frame(0, events(1));
    expect(wire.framed).toBe(21);
  });
});
