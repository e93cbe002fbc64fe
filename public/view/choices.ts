/** What speaks for and against a transport, beside its sign. */
export interface Choice {
  /** What its client can be doing while it is live. */
  readonly states: readonly string[];
  /** What of the browser it needs, by caniuse's name. */
  readonly needs: string;
  readonly proxies: string;
  readonly http2: string;
  readonly when: string;
}

const CHOICES = new Map<string, Choice>([
  [
    "short-polling",
    {
      states: ["asking", "resting for 2 s"],
      needs: "fetch",
      proxies: "Goes through everything that passes HTTP: nothing is held open, so no time limit matters.",
      http2: "All polls share one connection, and repeated heads shrink to a few bytes each.",
      when: "News may be seconds old and come seldom, or nothing else gets through. Also as the baseline that shows what the others are worth.",
    },
  ],
  [
    "long-polling",
    {
      states: ["asking, to prove the way", "waiting for news, up to 25 s"],
      needs: "fetch",
      proxies:
        "Goes through even where answers are buffered, since each one ends. Needs a proxy that bears 25 s of silence.",
      http2: "A waiting poll is a stream and no longer one of six connections; repeated heads shrink.",
      when: "There are proxies in between that nobody can set right, and news has to come at once.",
    },
  ],
  [
    "sse",
    {
      states: ["replaying", "listening", "saying alive by POST, every 25 s"],
      needs: "eventsource",
      proxies:
        "A proxy that buffers answers holds it back until the stream ends; X-Accel-Buffering: no asks it not to. One that cuts silent connections is kept quiet by the heartbeat.",
      http2:
        "Over HTTP/1.1 each stream takes one of the six connections that a browser has for an origin, in all tabs together. With HTTP/2 all of them are one connection.",
      when: "Much comes down and little goes up: feeds, notifications, progress. It is plain HTTP, and a browser's own EventSource can read it.",
    },
  ],
  [
    "websocket",
    {
      states: ["shaking hands", "replaying", "open both ways"],
      needs: "websockets",
      proxies:
        "A proxy has to know the upgrade; one that takes it out of the request lets none open. Once open, nothing is buffered.",
      http2: "It needs HTTP/1.1 or RFC 8441; browsers open a connection of its own, outside of the six.",
      when: "Both sides talk often, and every byte or millisecond counts: chat, games, editing together.",
    },
  ],
]);

/** What is said of a transport; null for one that this page has never heard of. */
export function choiceOf(name: string): Choice | null {
  return CHOICES.get(name) ?? null;
}
