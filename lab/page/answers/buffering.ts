import { connect } from "../../../src/client/index.ts";
import type { RunLane } from "../../engine/run.ts";
import { presetOf } from "../../engine/weather.ts";
import { type Answer, listed, named, time } from "./answer.ts";
import { baseOf } from "./base.ts";
import { type Inquiry, InquiryError, latencyOf } from "./inquiry.ts";

const PRESET = "corporate-proxy";
/** So long the proxy keeps what it can, at least: longer than any lane that gets through takes. */
const HELD_MS = 5_000;
const ARRIVAL_MS = 15_000;
const RELEASE_MS = 60_000;

/**
 * Puts a proxy that buffers before all lanes and says one message; beside them a client that is free to choose its
 * transport. Then the proxy lets go, and what was held back may come.
 */
export async function measureBuffering(inquiry: Inquiry): Promise<Answer> {
  const { lab, lanes } = inquiry;
  const preset = presetOf(PRESET);
  const [first] = lanes;
  if (preset === undefined || first === undefined) throw new InquiryError("There is no such proxy, or no lane.");
  const calm = lab.sky.keep();
  // Without its stroke: lanes that are open meet what it does to answers, and that alone.
  lab.sky.choose({ ...preset, oneShots: [] });
  const free = choose(inquiry, first);
  try {
    const name = lab.sender.sendOne();
    const began = lab.platform.clock.monotonicNow();
    const elapsed = (): number => lab.platform.clock.monotonicNow() - began;
    const stuck = await inquiry.until(
      "arrival of the message on any other lane",
      () => {
        const missing = lanes.filter((lane) => latencyOf(inquiry, name, lane) === null);
        inquiry.tell({ says: `${time(elapsed())}: ${missing.length} of ${lanes.length} lanes wait`, share: share() });
        return elapsed() >= HELD_MS && missing.length < lanes.length ? missing : null;
      },
      ARRIVAL_MS,
    );
    const chosen = await inquiry.until("transport that gets through", free.live, ARRIVAL_MS);
    calm();
    const letGoAt = elapsed();
    inquiry.tell({ says: "the proxy lets go", share: 0.8 });
    await inquiry.until(
      "arrival of the message after the proxy had let go",
      () => (stuck.every((lane) => latencyOf(inquiry, name, lane) !== null) ? true : null),
      RELEASE_MS,
    );
    return {
      says: `${heldBack(inquiry, name, lanes, stuck, letGoAt)} A client that was free to choose, in the same weather, passed over ${listed(chosen.passedOver.map(named))} and was live by ${named(chosen.transport)} after ${time(chosen.tookMs)}.`,
      rows: lanes.map((lane) => {
        const value = latencyOf(inquiry, name, lane) ?? 0;
        return {
          transport: lane.transport,
          value,
          figure: `${time(value)}${stuck.includes(lane) ? ", held back" : ""}`,
        };
      }),
      proofs: [],
    };

    function share(): number {
      return Math.min(0.7, (elapsed() / HELD_MS) * 0.7);
    }
  } finally {
    free.close();
  }
}

function heldBack(
  inquiry: Inquiry,
  name: string,
  lanes: readonly RunLane[],
  stuck: readonly RunLane[],
  letGoAt: number,
): string {
  const told = (lane: RunLane): string => `${named(lane.transport)} after ${time(latencyOf(inquiry, name, lane) ?? 0)}`;
  const through = listed(lanes.filter((lane) => !stuck.includes(lane)).map(told));
  if (stuck.length === 0) return `Nothing was held back: ${through}.`;
  const held = listed(stuck.map(told));
  return `A proxy that waits for the answer's end before it passes it on keeps back a stream, which has none: ${held}, when the proxy had let go after ${time(letGoAt)}; ${through} meanwhile. Nothing was lost.`;
}

interface FreeChoice {
  live(): { readonly transport: string; readonly passedOver: readonly string[]; readonly tookMs: number } | null;
  close(): void;
}

/** A client on `auto`, which tries the best transport first. */
function choose({ lab }: Inquiry, lane: RunLane): FreeChoice {
  const client = connect({ url: baseOf(lab, lane), room: lab.room, name: "free to choose", platform: lab.platform });
  const began = lab.platform.clock.monotonicNow();
  let liveAt: number | null = null;
  const stop = client.watch(({ kind }) => {
    if (kind === "live") liveAt ??= lab.platform.clock.monotonicNow();
  });
  return {
    live() {
      const { state } = client;
      if (state.kind !== "live" || liveAt === null) return null;
      const passedOver = (state.passedOver ?? []).map(({ transport }) => transport);
      return { transport: state.transport, passedOver, tookMs: liveAt - began };
    },
    close() {
      stop();
      client.close();
    },
  };
}
