import type { LaneNumber } from "../../engine/run.ts";
import { firstFrom } from "../model/story/search.ts";
import type { Story } from "../model/story/story.ts";
import { type Brush, dot, type Frame, line, ribbon, tick, waves } from "./brush.ts";
import { type Sample, sampled } from "./sample.ts";
import { words } from "./words.ts";

/** A client's clock and the proxy's may differ by so much. */
const SLACK_MS = 50;
/** A message that waits longer is still looked for. */
const LONGEST_WAIT_MS = 60_000;

/** How much of what there is has been drawn. */
export interface Painted {
  readonly drawn: number;
  readonly there: number;
}

/** Draws one lane of a run as it is seen in this frame: a function of the story and the frame alone. */
export function paintLane(story: Story, lane: LaneNumber, brush: Brush, frame: Frame): Painted {
  const { wire, client } = story.lane(lane);
  const { from, to } = frame;
  brush.clear();
  line(brush, frame, frame.client);
  line(brush, frame, frame.server);
  for (const [index, mark] of client.states.entries()) {
    const until = client.states[index + 1]?.at ?? to;
    if (mark.state !== "live" && until >= from && mark.at <= to) waves(brush, frame, mark, Math.min(until, to));
  }

  const messages = sampled(story.messages, firstFrom(story.messages, from - LONGEST_WAIT_MS), to);
  const strokes = sampled(wire.strokes, firstFrom(wire.strokes, from - SLACK_MS), to + wire.longestHeldMs);

  for (const { serverAt, receipts } of messages.items) {
    if (serverAt === null || client.liveAt === null || serverAt > to) continue;
    const receipt = receipts.get(lane);
    const until = receipt === undefined ? to : (receipt.leftAt ?? receipt.at);
    if (until >= from && until > serverAt) ribbon(brush, frame, serverAt, until);
  }
  brush.begin();
  for (const { at, until } of wire.holds) {
    if (at <= to && (until ?? to) >= from) brush.flat(frame, at, Math.min(until ?? to, to));
  }
  for (const { direction, from: left, to: reached } of strokes.items) {
    if (left <= to && reached >= from) brush.slant(frame, direction, left, reached);
  }
  brush.stroke();
  for (const { serverAt, receipts, at, sender, name } of messages.items) {
    if (serverAt !== null && serverAt >= from && serverAt <= to) dot(brush, frame, serverAt);
    if (sender === lane && at >= from && at <= to) tick(brush, frame, at, name);
    const receipt = receipts.get(lane);
    if (receipt !== undefined && receipt.at >= from && receipt.at <= to) brush.arrival(frame, receipt);
  }
  words(brush, frame, strokes.items);
  for (const fault of client.faults) {
    if (fault.at >= from && fault.at <= to) brush.fault(frame, fault.at, fault.what);
  }
  return sum(strokes, messages);
}

function sum(...samples: readonly Sample<unknown>[]): Painted {
  return {
    drawn: samples.reduce((total, { items }) => total + items.length, 0),
    there: samples.reduce((total, { there }) => total + there, 0),
  };
}
