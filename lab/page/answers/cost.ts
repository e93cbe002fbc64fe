import type { RunLane } from "../../engine/run.ts";
import { CALM_PRESET } from "../../engine/weather.ts";
import { bytes } from "../model/figures.ts";
import { NOTHING, type Totals } from "../model/story/parts.ts";
import { type Answer, listed, named } from "./answer.ts";
import { type Inquiry, latencyOf } from "./inquiry.ts";

const MESSAGES = 20;
const EVERY_MS = 250;
const PATIENCE_MS = 20_000;
/** What the proxies have seen is told within this. */
const TOLD_MS = 150;

/** Sends messages in calm weather and divides what went over each lane by their number. */
export async function measureCost(inquiry: Inquiry): Promise<Answer> {
  const { lab, lanes } = inquiry;
  lab.sky.choose(CALM_PRESET);
  await inquiry.pause(TOLD_MS);
  const setUp = lanes.map((lane) => totalsOf(inquiry, lane));
  const names: string[] = [];
  while (names.length < MESSAGES) {
    names.push(lab.sender.sendOne());
    inquiry.tell({ says: `${names.length} of ${MESSAGES} messages sent`, share: names.length / (MESSAGES + 1) });
    await inquiry.pause(EVERY_MS);
  }
  await inquiry.until(
    "arrival of every message",
    () => (lanes.every((lane) => names.every((name) => latencyOf(inquiry, name, lane) !== null)) ? true : null),
    PATIENCE_MS,
  );
  await inquiry.pause(TOLD_MS);
  const costs = lanes.map((lane, index) => {
    const now = totalsOf(inquiry, lane);
    const then = setUp[index] ?? NOTHING;
    return { lane, each: (now.up + now.down - then.up - then.down) / MESSAGES };
  });
  const texts = costs.map(({ lane, each }) => `${bytes(each)} by ${named(lane.transport)}`);
  return {
    says: `To hear one message of ${lab.sender.bytes.peek()} bytes took ${listed(texts)}: both directions and all that asking for it costs, measured over ${MESSAGES} messages, one every ${EVERY_MS} ms.`,
    rows: costs.map(({ lane, each }) => ({ transport: lane.transport, value: each, figure: bytes(each) })),
    proofs: [],
  };
}

function totalsOf({ story }: Inquiry, { lane }: RunLane): Totals {
  return story.lane(lane).wire.totals.at(-1) ?? NOTHING;
}
