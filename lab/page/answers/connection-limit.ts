/** The experiment with the browser's limit of connections to one origin. */
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { RunLane } from "../../engine/run.ts";
import { CALM_PRESET } from "../../engine/weather.ts";
import { latencyText, transportInSentence } from "../format.ts";
import type { Answer } from "../model/finding.ts";
import { addressOf, type NaiveSession, openSession } from "../naive/naive-session.ts";
import { type Experiment, ExperimentError, laneAddress } from "./experiment.ts";

/** More than any browser opens to one origin over HTTP/1.1. */
const MAX_STREAMS = 10;
/** A request without a response for this long may be waiting in the browser. The same request on another lane decides. */
const HANGS_MS = 1_500;
/** It is waiting if it takes this many times longer than on the other lane. On a busy machine both are slow. */
const HANGS_TIMES = 5;
const TIMEOUT_MS = 10_000;

/** Opens streams through one lane until another request through it hangs, then closes one of them. */
export async function measureConnectionLimit(experiment: Experiment): Promise<Answer> {
  const { lab, lanes, signal } = experiment;
  const streams = (duplex: boolean): RunLane | undefined =>
    lanes.find(({ transport }) =>
      clientTransports.some((one) => one.name === transport && one.streaming && one.duplex === duplex),
    );
  const lane = streams(false);
  const other = streams(true);
  if (lane === undefined || other === undefined)
    throw new ExperimentError("There is no lane whose streams are HTTP responses.");
  lab.weatherControl.choose(CALM_PRESET);
  const closing = new AbortController();
  const end = (): void => closing.abort();
  signal.addEventListener("abort", end);
  try {
    const sessions = await openSessions(experiment, closing.signal);
    const path = `transports/${lane.transport}`;
    const opened: AbortController[] = [];
    const ask = (base: URL): Promise<void> => probe(experiment, { ...last(sessions), base });
    for (const session of sessions) {
      const stream = new AbortController();
      closing.signal.addEventListener("abort", () => stream.abort());
      await experiment.within(
        "one more stream to open",
        lab.platform.fetch(addressOf({ ...session, base: laneAddress(lab, lane) }, path), {
          signal: stream.signal,
          cache: "no-store",
        }),
        TIMEOUT_MS,
      );
      opened.push(stream);
      experiment.report({ says: `${opened.length + 1} streams open`, share: opened.length / MAX_STREAMS });
      const asked = lab.clock.monotonicNow();
      let answeredAt: number | null = null;
      const answer = ask(laneAddress(lab, lane)).then(() => {
        answeredAt = lab.clock.monotonicNow();
      });
      // It is aborted with the experiment, when nothing awaits it any more.
      answer.catch(() => undefined);
      await experiment.waitAtMost(HANGS_MS, () => answeredAt !== null);
      if (answeredAt !== null) continue;
      const elsewhereFrom = lab.clock.monotonicNow();
      await experiment.within("a response through another lane", ask(laneAddress(lab, other)), TIMEOUT_MS);
      const elsewhereMs = lab.clock.monotonicNow() - elsewhereFrom;
      await experiment.waitAtMost(HANGS_TIMES * elsewhereMs, () => answeredAt !== null);
      if (answeredAt !== null) continue;
      const waitedMs = lab.clock.monotonicNow() - asked;
      const closedAt = lab.clock.monotonicNow();
      stream.abort();
      await experiment.within("the response after a stream was closed", answer, TIMEOUT_MS);
      return {
        says: `With ${opened.length + 1} streams open to one origin, including the lane's own, another request did not leave the browser for ${latencyText(waitedMs)}; ${latencyText((answeredAt ?? lab.clock.monotonicNow()) - closedAt)} after one stream was closed it was answered. Another port is another origin with its own connections: meanwhile the same request through the ${transportInSentence(other.transport)} lane took ${latencyText(elsewhereMs)}.`,
        rows: [],
        proofs: [],
      };
    }
    return {
      says: `No limit was found: with ${opened.length + 1} streams open to one origin, another request was answered at once.`,
      rows: [],
      proofs: [],
    };
  } finally {
    signal.removeEventListener("abort", end);
    closing.abort();
  }
}

/** Opens sessions at the server itself, in a separate room: the lanes carry neither these requests nor their events. */
async function openSessions({ lab, report }: Experiment, signal: AbortSignal): Promise<NaiveSession[]> {
  const sessions: NaiveSession[] = [];
  while (sessions.length < MAX_STREAMS) {
    report({ says: "opening sessions", share: 0 });
    sessions.push(
      await openSession(lab.server, `${lab.room}-limit`, `stream ${sessions.length + 1}`, lab.platform, signal),
    );
  }
  return sessions;
}

/** A request that the server answers at once. */
async function probe({ lab }: Experiment, session: NaiveSession): Promise<void> {
  const url = addressOf(session, "api/sessions/current");
  const answer = await lab.platform.fetch(url, { signal: session.signal, cache: "no-store" });
  await answer.text();
}

function last(sessions: readonly NaiveSession[]): NaiveSession {
  const session = sessions.at(-1);
  if (session === undefined) throw new ExperimentError("No session was opened.");
  return session;
}
