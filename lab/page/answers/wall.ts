import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { RunLane } from "../../engine/run.ts";
import { CALM_PRESET } from "../../engine/weather.ts";
import { addressOf, type NaiveSeat, takeSeat } from "../naive/room.ts";
import { type Answer, named, time } from "./answer.ts";
import { baseOf } from "./base.ts";
import { type Inquiry, InquiryError } from "./inquiry.ts";

/** More than any browser opens to one origin over HTTP/1.1. */
const MOST = 10;
/** An answer that takes longer, on loopback, has not been asked for yet. */
const HANGS_MS = 1_500;
const PATIENCE_MS = 10_000;

/** Opens streams through one lane until a further request through it hangs; then closes one of them. */
export async function measureWall(inquiry: Inquiry): Promise<Answer> {
  const { lab, lanes, signal } = inquiry;
  const streams = (duplex: boolean): RunLane | undefined =>
    lanes.find(({ transport }) =>
      clientTransports.some((one) => one.name === transport && one.streaming && one.duplex === duplex),
    );
  const lane = streams(false);
  const other = streams(true);
  if (lane === undefined || other === undefined) throw new InquiryError("There is no lane whose streams are requests.");
  lab.sky.choose(CALM_PRESET);
  const life = new AbortController();
  const end = (): void => life.abort();
  signal.addEventListener("abort", end);
  try {
    const seats = await openSeats(inquiry, life.signal);
    const path = `transports/${lane.transport}`;
    const opened: AbortController[] = [];
    const ask = (base: URL): Promise<void> => probe(inquiry, { ...last(seats), base });
    for (const seat of seats) {
      const stream = new AbortController();
      life.signal.addEventListener("abort", () => stream.abort());
      await inquiry.within(
        "answer to one more stream",
        lab.platform.fetch(addressOf({ ...seat, base: baseOf(lab, lane) }, path), {
          signal: stream.signal,
          cache: "no-store",
        }),
        PATIENCE_MS,
      );
      opened.push(stream);
      inquiry.tell({ says: `${opened.length + 1} streams open`, share: opened.length / MOST });
      const asked = lab.platform.clock.monotonicNow();
      let answeredAt: number | null = null;
      const answer = ask(baseOf(lab, lane)).then(() => {
        answeredAt = lab.platform.clock.monotonicNow();
      });
      // Ended with the experiment, where nobody waits for it any more.
      answer.catch(() => undefined);
      await inquiry.first(() => answeredAt !== null, HANGS_MS);
      if (answeredAt !== null) continue;
      const elsewhereFrom = lab.platform.clock.monotonicNow();
      await inquiry.within("answer through another lane", ask(baseOf(lab, other)), PATIENCE_MS);
      const elsewhereMs = lab.platform.clock.monotonicNow() - elsewhereFrom;
      const waitedMs = lab.platform.clock.monotonicNow() - asked;
      const closedAt = lab.platform.clock.monotonicNow();
      stream.abort();
      await inquiry.within("answer after a stream had been closed", answer, PATIENCE_MS);
      return {
        says: `With ${opened.length + 1} streams open to one origin, the lane's own among them, a further request did not leave the browser for ${time(waitedMs)}; ${time((answeredAt ?? lab.platform.clock.monotonicNow()) - closedAt)} after one stream had been closed it was answered. Another port is another origin with connections of its own: the same request through the lane of ${named(other.transport)} took ${time(elsewhereMs)} meanwhile.`,
        rows: [],
        proofs: [],
      };
    }
    return {
      says: `There was no wall: with ${opened.length + 1} streams open to one origin, a further request was answered at once.`,
      rows: [],
      proofs: [],
    };
  } finally {
    signal.removeEventListener("abort", end);
    life.abort();
  }
}

/** Sessions in a room of their own, so that the lanes hear nothing of them; opened past the lanes. */
async function openSeats({ lab, tell }: Inquiry, signal: AbortSignal): Promise<NaiveSeat[]> {
  const seats: NaiveSeat[] = [];
  while (seats.length < MOST) {
    tell({ says: "opening sessions", share: 0 });
    seats.push(await takeSeat(lab.server, `${lab.room}-wall`, `stream ${seats.length + 1}`, lab.platform, signal));
  }
  return seats;
}

/** A request that the server answers at once. */
async function probe({ lab }: Inquiry, seat: NaiveSeat): Promise<void> {
  const url = addressOf(seat, "api/sessions/current");
  const answer = await lab.platform.fetch(url, { signal: seat.signal, cache: "no-store" });
  await answer.text();
}

function last(seats: readonly NaiveSeat[]): NaiveSeat {
  const seat = seats.at(-1);
  if (seat === undefined) throw new InquiryError("No session was opened.");
  return seat;
}
