/** The questions below the race, and the experiments that answer them. */
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { acceptSteps } from "../../engine/decoder/index.ts";
import type { RunLane } from "../../engine/run.ts";
import { CALM_PRESET } from "../../engine/weather.ts";
import { bytesText, latencyText, listText, transportInSentence } from "../format.ts";
import type { Answer } from "../model/finding.ts";
import { openClient } from "../model/lane-client.ts";
import { NOTHING, type Totals, type Trouble } from "../model/run-records.ts";
import { measureBuffering } from "./buffering.ts";
import { measureConnectionLimit } from "./connection-limit.ts";
import { type Experiment, ExperimentError, laneAddress, latencyOf, type Question } from "./experiment.ts";

export const QUESTIONS: readonly Question[] = [
  {
    name: "cost",
    title: "How many bytes does one message cost?",
    does: "Sends 20 messages in calm weather and divides the bytes of each lane by 20. Takes about 6 s.",
    measure: measureCost,
  },
  {
    name: "handshake",
    title: "What does the handshake do?",
    does: "Opens one more WebSocket through its lane and reads the bytes. Takes less than a second.",
    more: { section: "wire", says: "See every byte of it on the wire" },
    measure: measureHandshake,
  },
  {
    name: "buffering",
    title: "What happens to a stream behind a buffering proxy?",
    does: "Puts a corporate proxy in front of all lanes, sends one message, then removes the proxy. Takes about 8 s.",
    measure: measureBuffering,
  },
  {
    name: "dead-peer",
    title: "How long does a dead peer go unnoticed?",
    does: "Silences every connection, sends one message, and waits until each lane has it. Takes up to a minute.",
    measure: measureDetection,
  },
  {
    name: "wall",
    title: "How many streams does a browser open to one origin?",
    does: "Opens streams through one lane until another request hangs, then closes one of them. Takes about 3 s.",
    measure: measureConnectionLimit,
  },
];

const MESSAGES = 20;
const SEND_INTERVAL_MS = 250;
const ALL_ARRIVED_MS = 20_000;
/** The proxies' reports reach this page within this time. */
const REPORTED_MS = 150;

/** Sends messages in calm weather and divides each lane's bytes by their number. */
async function measureCost(experiment: Experiment): Promise<Answer> {
  const { lab, lanes } = experiment;
  lab.weatherControl.choose(CALM_PRESET);
  await experiment.pause(REPORTED_MS);
  const setUp = lanes.map((lane) => totalsOf(experiment, lane));
  const names: string[] = [];
  while (names.length < MESSAGES) {
    names.push(lab.sender.sendOne());
    experiment.report({ says: `${names.length} of ${MESSAGES} messages sent`, share: names.length / (MESSAGES + 1) });
    await experiment.pause(SEND_INTERVAL_MS);
  }
  await experiment.until(
    "every message to arrive",
    () => (lanes.every((lane) => names.every((name) => latencyOf(experiment, name, lane) !== null)) ? true : null),
    ALL_ARRIVED_MS,
  );
  await experiment.pause(REPORTED_MS);
  const costs = lanes.map((lane, index) => {
    const now = totalsOf(experiment, lane);
    const then = setUp[index] ?? NOTHING;
    return { lane, each: (now.up + now.down - then.up - then.down) / MESSAGES };
  });
  const texts = costs.map(({ lane, each }) => `${bytesText(each)} over ${transportInSentence(lane.transport)}`);
  return {
    says: `Receiving a ${lab.sender.bytes.peek()}-byte message cost ${listText(texts)}, counting both directions and every request. Measured over ${MESSAGES} messages, one every ${SEND_INTERVAL_MS} ms; messages in the same answer share the cost of its poll.`,
    rows: costs.map(({ lane, each }) => ({ transport: lane.transport, value: each, figure: bytesText(each) })),
    proofs: [],
  };
}

function totalsOf({ runIndex }: Experiment, { lane }: RunLane): Totals {
  return runIndex.lane(lane).wire.totals.at(-1) ?? NOTHING;
}

const HANDSHAKE_MS = 10_000;

/** Opens one more client through the lane whose transport starts with a handshake, and looks at the handshake's bytes. */
async function measureHandshake(experiment: Experiment): Promise<Answer> {
  const { lab, lanes, runIndex } = experiment;
  const lane = lanes.find(({ transport }) => clientTransports.some(({ name, duplex }) => name === transport && duplex));
  if (lane === undefined) throw new ExperimentError("No lane's transport starts with a handshake.");
  lab.weatherControl.choose(CALM_PRESET);
  experiment.report({ says: "opening one more connection", share: 0.3 });
  const { handshakes } = runIndex.lane(lane.lane).wire;
  const known = handshakes.length;
  const guest = openClient({
    transport: lane.transport,
    base: laneAddress(lab, lane),
    room: lab.room,
    name: "handshake",
    platform: lab.platform,
    record: () => undefined,
  });
  try {
    const shake = await experiment.until("the handshake", () => handshakes[known] ?? null, HANDSHAKE_MS);
    const steps = acceptSteps(shake.key);
    const computed = steps.at(-1)?.value;
    const agrees = computed === shake.accept ? "this page computed the same" : `this page computed ${computed}`;
    return {
      says: `It turns one HTTP exchange into a two-way connection: a request of ${bytesText(shake.up)} and a response of ${bytesText(shake.down)}, ${latencyText(shake.tookMs)} in total. From the next byte on, both sides send ${transportInSentence(lane.transport)} frames. The server proves that it speaks the protocol: it answers the key ${shake.key} with ${shake.accept}, and ${agrees}.`,
      rows: [],
      proofs: steps.map(({ title, value }) => ({ name: title, text: value })),
    };
  } finally {
    guest.close();
  }
}

/** The slowest client usually needs this long: 35 s until a silent stream or held poll times out, 10 s for a failed request. */
const USUAL_MS = 46_000;
const RECOVERY_MS = 120_000;
/** The page's clock and the proxies' agree to within this. */
const CLOCK_MS = 5;

/** Silences every connection, sends one message, and waits until each lane has it. */
async function measureDetection(experiment: Experiment): Promise<Answer> {
  const { lab, lanes } = experiment;
  lab.weatherControl.choose(CALM_PRESET);
  await experiment.pause(REPORTED_MS);
  const began = lab.clock.monotonicNow();
  const cutAt = lab.playback.playhead.end();
  lab.weatherControl.inject({ type: "cut", how: "silence" });
  await experiment.pause(REPORTED_MS);
  const name = lab.sender.sendOne();
  await experiment.until(
    "the message to arrive on every lane",
    () => {
      const elapsed = lab.clock.monotonicNow() - began;
      const noticed = lanes.filter((lane) => troubleOf(experiment, lane, cutAt)?.noticedAt != null).length;
      const says = `silent for ${latencyText(elapsed)}: ${noticed} of ${lanes.length} clients have noticed`;
      experiment.report({ says, share: Math.min(0.95, elapsed / USUAL_MS) });
      return lanes.every((lane) => latencyOf(experiment, name, lane) !== null) ? true : null;
    },
    RECOVERY_MS,
  );
  await experiment.pause(REPORTED_MS);
  const found = lanes.map((lane) => {
    const trouble = troubleOf(experiment, lane, cutAt);
    const unnoticedMs = trouble === undefined || trouble.noticedAt === null ? null : trouble.noticedAt - trouble.at;
    return { lane, unnoticedMs, lateMs: latencyOf(experiment, name, lane) ?? 0 };
  });
  const noticed = found.map(({ lane, unnoticedMs }) => {
    const title = transportInSentence(lane.transport);
    return unnoticedMs === null
      ? `${title} had no connection open to lose`
      : `${title} after ${latencyText(unnoticedMs)}`;
  });
  return {
    says: `Neither end gets a signal when a network goes silent. The clients noticed by themselves: ${listText(noticed)}. All of them then resumed from their cursors, and none lost the message. Without a heartbeat, a stream would never have noticed.`,
    rows: found.map(({ lane, unnoticedMs, lateMs }) => ({
      transport: lane.transport,
      value: unnoticedMs ?? 0,
      figure: `${unnoticedMs === null ? "none open" : `noticed after ${latencyText(unnoticedMs)}`}, message after ${latencyText(lateMs)}`,
    })),
    proofs: [],
  };
}

function troubleOf({ runIndex }: Experiment, { lane }: RunLane, since: number): Trouble | undefined {
  return runIndex.lane(lane).client.troubles.find(({ at, what }) => what === "silence" && at >= since - CLOCK_MS);
}
