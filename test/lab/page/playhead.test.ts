import { describe, expect, test } from "vitest";
import { createPlayhead } from "../../../lab/page/model/playback.ts";

/** A run from 0 to `end`, which a test may move on. */
function track(end: number, growing: boolean) {
  const bounds = { from: 0, to: end };
  const playhead = createPlayhead({ start: () => bounds.from, end: () => bounds.to, growing });
  return { bounds, playhead };
}

describe("in a run that grows", () => {
  test("it stands at the end until it is paused, and then stays", () => {
    const { bounds, playhead } = track(100, true);
    bounds.to = 250;
    playhead.advance(16);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["live", 250]);
    playhead.pause();
    bounds.to = 400;
    playhead.advance(16);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["paused", 250]);
    playhead.follow();
    expect([playhead.mode.value, playhead.at.value]).toEqual(["live", 400]);
  });

  test("in slow motion it falls behind, and at full speed it catches up and is live", () => {
    const { bounds, playhead } = track(1_000, true);
    playhead.setSpeed(0.1);
    bounds.to = 1_100;
    playhead.advance(100);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["playing", 1_010]);
    playhead.setSpeed(1);
    playhead.advance(200);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["live", 1_100]);
  });

  test("it plays from a time that is still to come as soon as that is there", () => {
    const { bounds, playhead } = track(100, true);
    playhead.setSpeed(0.1);
    playhead.playFrom(150);
    bounds.to = 140;
    playhead.advance(16);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["live", 140]);
    bounds.to = 170;
    playhead.advance(16);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["playing", 150]);
  });

  test("paused on what is dropped, it moves to the oldest there is", () => {
    const { bounds, playhead } = track(100, true);
    playhead.scrub(10);
    bounds.from = 40;
    playhead.advance(16);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["paused", 40]);
  });
});

describe("in a run that is over", () => {
  test("it begins at the beginning, ends at the end, and plays again from the beginning", () => {
    const { playhead } = track(100, false);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["paused", 0]);
    playhead.play();
    playhead.advance(60);
    expect(playhead.at.value).toBe(60);
    playhead.advance(60);
    expect([playhead.mode.value, playhead.at.value]).toEqual(["paused", 100]);
    playhead.play();
    expect([playhead.mode.value, playhead.at.value]).toEqual(["playing", 0]);
  });

  test("no place is outside of it", () => {
    const { playhead } = track(100, false);
    playhead.scrub(-5);
    expect(playhead.at.value).toBe(0);
    playhead.scrub(500);
    expect(playhead.at.value).toBe(100);
  });
});
