import type { ClosedBecause, ConnectionState, LiveSince, PassedOver } from "../../src/client/types.ts";
import { count } from "./format.ts";

/** What the connection is doing, as a sentence. */
export interface Status {
  /** The sentence, without what changes by itself from second to second. */
  readonly words: string;
  /** What goes behind it: a measurement. */
  readonly figure: string | null;
  readonly tone: "good" | "busy" | "bad";
}

interface Facts {
  readonly titleOf: (transport: string) => string;
  /** Whether the server has let this page in before. */
  readonly entered: boolean;
  /** Messages, not comings and goings, that were replayed to this page since the cut. */
  readonly replayed: number;
  /** Whether the link became live a moment ago, so that how it did is still news. */
  readonly news: boolean;
}

function sinceWords(since: LiveSince, facts: Facts): string {
  switch (since.kind) {
    case "fresh":
      return "live";
    case "resumed":
      return facts.replayed === 0 ? "live again, nothing missed" : `live, resumed ${count(facts.replayed, "message")}`;
    case "switched":
      return `switched from ${facts.titleOf(since.from)}`;
    case "gap":
      return since.missed === null
        ? "live, the room's log began anew"
        : `live, ${since.missed} missed and not recoverable`;
  }
}

/** What does not get through, while that is news; else null. */
function passedOverWords(passedOver: readonly PassedOver[], { titleOf, news }: Facts): string | null {
  const titles = passedOver.map(({ transport }) => titleOf(transport));
  const last = titles.pop();
  if (last === undefined || !news) return null;
  const all = titles.length === 0 ? last : `${titles.join(", ")} and ${last}`;
  return `live, though ${all} ${titles.length === 0 ? "does" : "do"} not get through here`;
}

/** Why a client has ended, as a sentence with what to do. */
export function closedWords(because: ClosedBecause): string {
  switch (because.kind) {
    case "closed":
      return "The connection was closed.";
    case "left":
      return "You left the room.";
    case "expired":
      return "Your session has expired.";
    case "superseded":
      return "This session goes on in another tab or window.";
    case "refused":
    case "bad_address":
      return because.message;
  }
}

/** Milliseconds of a round trip, for the header. */
function roundTrip(ms: number | null): string | null {
  if (ms === null) return null;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export function statusOf(state: ConnectionState, facts: Facts): Status {
  switch (state.kind) {
    case "connecting":
      return {
        words: state.transport === null ? "connecting…" : `connecting by ${facts.titleOf(state.transport)}…`,
        figure: null,
        tone: "busy",
      };
    case "live": {
      const figure = roundTrip(state.roundTripMs);
      if (state.switchingTo !== null) {
        return { words: `switching to ${facts.titleOf(state.switchingTo)}…`, figure: null, tone: "busy" };
      }
      // What was lost for good is the greater news.
      const blocked = state.since.kind === "gap" ? null : passedOverWords(state.passedOver ?? [], facts);
      const words = blocked ?? (facts.news ? sinceWords(state.since, facts) : "live");
      return { words, figure, tone: "good" };
    }
    case "reconnecting":
      if (state.because?.kind === "offline") return { words: "offline, trying again", figure: null, tone: "bad" };
      return {
        words: facts.entered ? "reconnecting" : "the server doesn't answer, trying again",
        figure: null,
        tone: "bad",
      };
    case "closed":
      return { words: state.because.kind === "left" ? "you left" : "closed", figure: null, tone: "bad" };
  }
}

/** "in 3 s", "now": how long a wait of `inMs` that began at `since` still is at `now`. */
export function countdown(inMs: number, since: number, now: number): string {
  const left = Math.ceil((since + inMs - now) / 1_000);
  return left <= 0 ? "now" : `in ${left} s`;
}
