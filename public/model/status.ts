import type {
  ClosedBecause,
  ConnectionState,
  ConnectionTrouble,
  LiveSince,
  PassedOver,
} from "../../src/client/types.ts";
import { count, duration, names } from "./format.ts";

/** What the connection is doing, as a sentence. */
export interface Status {
  /** The sentence, without what changes by itself from second to second. */
  readonly words: string;
  /** What goes behind it: a measurement. */
  readonly figure: string | null;
  /** The whole of the reason, where the sentence leaves something out that the person can act upon. */
  readonly detail: string | null;
  readonly tone: "good" | "busy" | "bad";
}

interface Facts {
  readonly titleOf: (transport: string) => string;
  /** Whether the server has let this page in before. */
  readonly entered: boolean;
  /** Messages, not comings and goings, that were replayed to this page since the cut. */
  readonly replayed: number;
  /** Whether the state is a few seconds old at most: then how a link became live is still news, and waiting needs no word. */
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
      return since.missed === null ? "live, the server started over" : `live, ${count(since.missed, "message")} lost`;
  }
}

/** What does not get through, while that is news; else null. */
function passedOverWords(passedOver: readonly PassedOver[], { titleOf, news }: Facts): string | null {
  if (passedOver.length === 0 || !news) return null;
  const titles = passedOver.map(({ transport }) => titleOf(transport));
  return `live, but ${names(titles)} can't get through here`;
}

/** What keeps the page from being live, in a few words. */
function troubleWords({ kind }: ConnectionTrouble): string {
  switch (kind) {
    case "unreachable":
      return "the server can't be reached";
    case "offline":
      return "no network";
    case "origin_refused":
      return "the server doesn't allow this address";
    case "refused":
      return "the server refused";
    case "timed_out":
      return "the server didn't answer in time";
    case "lost":
      return "the connection was lost";
    case "draining":
      return "the server is restarting";
    case "busy":
      return "the server is busy";
    case "bad_answer":
      return "something other than the server answered";
  }
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
      return "You are in this room in another tab or window.";
    case "refused":
    case "bad_address":
      return because.message;
  }
}

/** What is said of a state in which nothing is live. */
function waitingWords(because: ConnectionTrouble | undefined, before: string, then: string): Omit<Status, "tone"> {
  if (because === undefined) return { words: before, figure: null, detail: null };
  // A lost connection is the whole of its reason, and often over in a second.
  const detail = because.kind === "lost" ? null : because.message;
  return { words: `${troubleWords(because)}, ${then}`, figure: null, detail };
}

export function statusOf(state: ConnectionState, facts: Facts): Status {
  switch (state.kind) {
    case "connecting": {
      const trying = state.transport === null ? "connecting…" : `connecting over ${facts.titleOf(state.transport)}…`;
      const words = facts.news ? trying : "no answer yet, still connecting…";
      return { ...waitingWords(state.because, words, "connecting…"), tone: "busy" };
    }
    case "live": {
      const figure = state.roundTripMs === null ? null : duration(state.roundTripMs, true);
      if (state.switchingTo !== null) {
        const words = `switching to ${facts.titleOf(state.switchingTo)}…`;
        return { words, figure: null, detail: null, tone: "busy" };
      }
      // What was lost for good is the greater news.
      const blocked = state.since.kind === "gap" ? null : passedOverWords(state.passedOver ?? [], facts);
      const words = blocked ?? (facts.news ? sinceWords(state.since, facts) : "live");
      return { words, figure, detail: null, tone: "good" };
    }
    case "reconnecting": {
      const then = facts.entered ? "reconnecting" : "trying again";
      return { ...waitingWords(state.because, then, then), tone: "bad" };
    }
    case "closed":
      return { words: state.because.kind === "left" ? "you left" : "closed", figure: null, detail: null, tone: "bad" };
  }
}

/** "in 3 s", "now": how long a wait of `inMs` that began at `since` still is at `now`. */
export function countdown(inMs: number, since: number, now: number): string {
  const left = Math.ceil((since + inMs - now) / 1_000);
  return left <= 0 ? "now" : `in ${left} s`;
}
