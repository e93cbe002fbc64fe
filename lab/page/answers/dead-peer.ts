import type { RunLane } from "../../engine/run.ts";
import { CALM_PRESET } from "../../engine/weather.ts";
import type { Trouble } from "../model/story/parts.ts";
import { type Answer, listed, named, time } from "./answer.ts";
import { type Inquiry, latencyOf } from "./inquiry.ts";

/** By the default settings: two heartbeats and 5 s for a stream, a hold and 10 s for a long poll; then a request in vain. */
const USUAL_MS = 46_000;
const PATIENCE_MS = 120_000;
/** The page's clock and the proxies' agree to within this. */
const CLOCK_MS = 5;
const TOLD_MS = 150;

/** Cuts every connection so that neither end is told, says one message, and waits until each lane has it all the same. */
export async function measureDeadPeer(inquiry: Inquiry): Promise<Answer> {
  const { lab, lanes } = inquiry;
  lab.sky.choose(CALM_PRESET);
  await inquiry.pause(TOLD_MS);
  const began = lab.platform.clock.monotonicNow();
  const cutAt = lab.show.playhead.end();
  lab.sky.strike({ type: "cut", how: "silence" });
  await inquiry.pause(TOLD_MS);
  const name = lab.sender.sendOne();
  await inquiry.until(
    "arrival of the message on every lane",
    () => {
      const elapsed = lab.platform.clock.monotonicNow() - began;
      const noticed = lanes.filter((lane) => troubleOf(inquiry, lane, cutAt)?.noticedAt != null).length;
      const says = `silent for ${time(elapsed)}: ${noticed} of ${lanes.length} clients have noticed`;
      inquiry.tell({ says, share: Math.min(0.95, elapsed / USUAL_MS) });
      return lanes.every((lane) => latencyOf(inquiry, name, lane) !== null) ? true : null;
    },
    PATIENCE_MS,
  );
  await inquiry.pause(TOLD_MS);
  const found = lanes.map((lane) => {
    const trouble = troubleOf(inquiry, lane, cutAt);
    const unnoticedMs = trouble === undefined || trouble.noticedAt === null ? null : trouble.noticedAt - trouble.at;
    return { lane, unnoticedMs, lateMs: latencyOf(inquiry, name, lane) ?? 0 };
  });
  return {
    says: `Nobody is told when a network falls silent. The dead connection went unnoticed for ${listed(found.map(({ lane, unnoticedMs }) => `${unnoticedMs === null ? "no time, none being open," : time(unnoticedMs)} by ${named(lane.transport)}`))}; each then read on from its cursor, and none lost the message. Without heartbeat or time limit it would never have been noticed.`,
    rows: found.map(({ lane, unnoticedMs, lateMs }) => ({
      transport: lane.transport,
      value: unnoticedMs ?? 0,
      figure: `${unnoticedMs === null ? "had none open" : `noticed after ${time(unnoticedMs)}`}, message after ${time(lateMs)}`,
    })),
    proofs: [],
  };
}

function troubleOf({ story }: Inquiry, { lane }: RunLane, since: number): Trouble | undefined {
  return story.lane(lane).client.troubles.find(({ at, what }) => what === "silence" && at >= since - CLOCK_MS);
}
