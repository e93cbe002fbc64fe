/** The experiment with a proxy that buffers responses. */
import { connect } from "../../../src/client/index.ts";
import type { RunLane } from "../../engine/run.ts";
import { presetOf } from "../../engine/weather.ts";
import { latencyText, listText, transportInSentence } from "../format.ts";
import type { Answer } from "../model/finding.ts";
import { type Experiment, ExperimentError, laneAddress, latencyOf } from "./experiment.ts";

const PRESET = "corporate-proxy";
/** The proxy is removed once it has been there this long and nothing has arrived for QUIET_MS. */
const PROXY_MS = 5_000;
const QUIET_MS = 2_000;
const ARRIVAL_MS = 15_000;
const RELEASE_MS = 60_000;

/**
 * Puts a buffering proxy in front of all lanes and sends one message, with a further client that chooses its transport
 * by itself. Then the proxy is removed, and what it held back arrives.
 */
export async function measureBuffering(experiment: Experiment): Promise<Answer> {
  const { lab, lanes } = experiment;
  const preset = presetOf(PRESET);
  const [first] = lanes;
  if (preset === undefined || first === undefined)
    throw new ExperimentError("The proxy's preset or the lanes are missing.");
  const restoreWeather = lab.weatherControl.keep();
  // Without the preset's cut, which would close the streams that are to be observed.
  lab.weatherControl.choose({ ...preset, oneShots: [] });
  const auto = openAuto(experiment, first);
  try {
    const name = lab.sender.sendOne();
    const began = lab.clock.monotonicNow();
    const elapsed = (): number => lab.clock.monotonicNow() - began;
    let waiting = lanes.length;
    let arrivedAt = 0;
    const stuck = await experiment.until(
      "the message to arrive on any lane",
      () => {
        const missing = lanes.filter((lane) => latencyOf(experiment, name, lane) === null);
        if (missing.length < waiting) arrivedAt = elapsed();
        waiting = missing.length;
        experiment.report({
          says: `${latencyText(elapsed())}: ${missing.length} of ${lanes.length} lanes wait`,
          share: share(),
        });
        const isOver = elapsed() >= Math.max(PROXY_MS, arrivedAt + QUIET_MS);
        return isOver && missing.length < lanes.length ? missing : null;
      },
      ARRIVAL_MS,
    );
    const chosen = await experiment.until("a transport that gets through", auto.live, ARRIVAL_MS);
    restoreWeather();
    const removedAt = elapsed();
    experiment.report({ says: "the proxy was removed", share: 0.8 });
    await experiment.until(
      "the message to arrive once the proxy was removed",
      () => (stuck.every((lane) => latencyOf(experiment, name, lane) !== null) ? true : null),
      RELEASE_MS,
    );
    return {
      says: `${heldBack(experiment, name, lanes, stuck, removedAt)} A client on Auto behind the same proxy gave up on ${listText(chosen.passedOver.map(transportInSentence))} and was live over ${transportInSentence(chosen.transport)} after ${latencyText(chosen.tookMs)}.`,
      rows: lanes.map((lane) => {
        const value = latencyOf(experiment, name, lane) ?? 0;
        return {
          transport: lane.transport,
          value,
          figure: `${latencyText(value)}${stuck.includes(lane) ? ", held back" : ""}`,
        };
      }),
      proofs: [],
    };

    function share(): number {
      return Math.min(0.7, (elapsed() / PROXY_MS) * 0.7);
    }
  } finally {
    auto.close();
  }
}

function heldBack(
  experiment: Experiment,
  name: string,
  lanes: readonly RunLane[],
  stuck: readonly RunLane[],
  removedAt: number,
): string {
  const arrival = (lane: RunLane): string =>
    `${transportInSentence(lane.transport)} at ${latencyText(latencyOf(experiment, name, lane) ?? 0)}`;
  const through = listText(lanes.filter((lane) => !stuck.includes(lane)).map(arrival));
  if (stuck.length === 0) return `Nothing was held back: ${through}.`;
  const held = listText(stuck.map(arrival));
  return `This proxy passes a response on only once it is complete, and an endless response never is. The proxy was removed after ${latencyText(removedAt)}. Only then did these arrive: ${held}. Not held back: ${through}. A WebSocket that was already open is not affected. Nothing was lost.`;
}

interface AutoClient {
  live(): { readonly transport: string; readonly passedOver: readonly string[]; readonly tookMs: number } | null;
  close(): void;
}

/** Opens a client that chooses its transport: it tries the best one first. */
function openAuto({ lab }: Experiment, lane: RunLane): AutoClient {
  const client = connect({ url: laneAddress(lab, lane), room: lab.room, name: "auto", platform: lab.platform });
  const began = lab.clock.monotonicNow();
  let liveAt: number | null = null;
  const stop = client.watch(({ kind }) => {
    if (kind === "live") liveAt ??= lab.clock.monotonicNow();
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
