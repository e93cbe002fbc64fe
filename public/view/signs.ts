/** How a transport looks everywhere, by colour, shape and line, and what it is called. */
export interface Sign {
  /** CSS class that sets the colours. */
  readonly tone: string;
  /** Strokes of the glyph in a 16 × 16 box: the transport's behaviour, drawn. */
  readonly path: string;
  /** Dash pattern of its line; empty: solid. */
  readonly dash: string;
  /** Shorter than the registry's title, where space is short. */
  readonly short?: string;
  readonly says: string;
}

const NEUTRAL: Sign = {
  tone: "tone-other",
  path: "M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z",
  dash: "1 3",
  says: "a transport this page has no sign for",
};

const SIGNS = new Map<string, Sign>([
  [
    "short-polling",
    {
      tone: "tone-http",
      path: "M2.500 4.500h2M7 4.500h2M11.500 4.500h2M2.500 11.500h2M7 11.500h2M11.500 11.500h2",
      dash: "0.500 5",
      short: "HTTP",
      says: "asks every 2 seconds",
    },
  ],
  [
    "long-polling",
    {
      tone: "tone-long",
      path: "M2.500 5h7.500a3 3 0 0 1 0 6H3M5.500 8.500 3 11l2.500 2.500",
      dash: "8 6",
      short: "Long polling",
      says: "asks, waits, asks again",
    },
  ],
  [
    "sse",
    {
      tone: "tone-sse",
      path: "M13.500 8H3M6 4.500 2.500 8 6 11.500",
      dash: "12 5 1 5",
      short: "SSE",
      says: "one response that never ends",
    },
  ],
  [
    "websocket",
    {
      tone: "tone-ws",
      path: "M2.500 5.500h11M11 3l2.500 2.500L11 8M13.500 10.500h-11M5 8l-2.500 2.500L5 13",
      dash: "",
      short: "WebSocket",
      says: "both ways, one connection",
    },
  ],
]);

/** The sign of a transport; a neutral one for names this page has never heard of. */
export function signOf(name: string | undefined): Sign {
  return (name === undefined ? undefined : SIGNS.get(name)) ?? NEUTRAL;
}

/** What to call a transport where space is short. */
export function shortTitle(transport: { readonly name: string; readonly title: string }): string {
  return signOf(transport.name).short ?? transport.title;
}
