import type {
  ClosedBecause,
  ConnectionState,
  ConnectionTrouble,
  LiveSince,
  PassedOver,
} from "../../src/client/types.ts";
import { count, duration, names } from "./format.ts";

/** What the page says about its connection. */
export interface Status {
  /** One sentence, without figures that change every second. */
  readonly words: string;
  /** A measurement to show after it. */
  readonly figure: string | null;
  /** The full reason, if it has advice that the sentence leaves out. */
  readonly detail: string | null;
  readonly tone: "good" | "busy" | "bad";
}

interface Facts {
  readonly titleOf: (transport: string) => string;
  /** Whether the server has let this page in before. */
  readonly entered: boolean;
  /** Messages replayed to this page since the connection was lost; joins and leaves are not counted. */
  readonly replayed: number;
  /** Whether the state is at most a few seconds old. Then how a link became live is news, and waiting needs no remark. */
  readonly news: boolean;
}

/** Returns what to say about a connection state. */
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
      // Lost messages are more important news than a blocked transport.
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

/** Says why the client has ended. */
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

/** Returns what is left of a wait of `inMs` that began at `since`: "in 3 s", or "now". */
export function countdown(inMs: number, since: number, now: number): string {
  const left = Math.ceil((since + inMs - now) / 1_000);
  return left <= 0 ? "now" : `in ${left} s`;
}

function sinceWords(since: LiveSince, facts: Facts): string {
  switch (since.kind) {
    case "fresh":
      return "live";
    case "resumed":
      return facts.replayed === 0
        ? "live again, nothing missed"
        : `live again, caught up on ${count(facts.replayed, "message")}`;
    case "switched":
      return `switched from ${facts.titleOf(since.from)}`;
    case "gap":
      return since.missed === null ? "live, the server started over" : `live, ${count(since.missed, "event")} lost`;
  }
}

/** Names the transports that don't get through, while that is news. Returns null otherwise. */
function passedOverWords(passedOver: readonly PassedOver[], { titleOf, news }: Facts): string | null {
  if (passedOver.length === 0 || !news) return null;
  const titles = passedOver.map(({ transport }) => titleOf(transport));
  return `live, but ${names(titles)} can't get through here`;
}

/** Says in a few words why the page is not live. */
function troubleWords({ kind }: ConnectionTrouble): string {
  switch (kind) {
    case "unreachable":
      return "the server can't be reached";
    case "offline":
      return "no network";
    case "origin_refused":
      return "the server doesn't allow this address";
    case "refused":
      return "the server refused the request";
    case "timed_out":
      return "the server didn't answer in time";
    case "lost":
      return "the connection was lost";
    case "draining":
      return "the server is not available";
    case "busy":
      return "the server is busy";
    case "bad_answer":
      return "something other than the server answered";
  }
}

/** Builds the status of a state without a live link. */
function waitingWords(
  because: ConnectionTrouble | undefined,
  withoutReason: string,
  then: string,
): Omit<Status, "tone"> {
  if (because === undefined) return { words: withoutReason, figure: null, detail: null };
  // A lost connection has no further reason, and is often back within a second.
  const detail = because.kind === "lost" ? null : because.message;
  return { words: `${troubleWords(because)}, ${then}`, figure: null, detail };
}
