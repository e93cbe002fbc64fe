/** How each transport looks on the page, what it is called, and when to use it. No other file of the page names transports. */

/** A transport's color, icon, line and words. */
export interface TransportStyle {
  /** CSS class that sets the colors. */
  readonly tone: string;
  /** Strokes of the icon in a 16 × 16 box: a drawing of what the transport does. */
  readonly path: string;
  /** Dash pattern of its line; empty for a solid one. */
  readonly dash: string;
  /** Shorter than the registry's title, for narrow places. */
  readonly short?: string;
  readonly summary: string;
}

const NEUTRAL: TransportStyle = {
  tone: "tone-other",
  path: "M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z",
  dash: "1 3",
  summary: "a transport this page doesn't know",
};

const STYLES = new Map<string, TransportStyle>([
  [
    "short-polling",
    {
      tone: "tone-http",
      path: "M2.500 4.500h2M7 4.500h2M11.500 4.500h2M2.500 11.500h2M7 11.500h2M11.500 11.500h2",
      dash: "0.500 5",
      short: "Polling",
      summary: "asks every 2 seconds",
    },
  ],
  [
    "long-polling",
    {
      tone: "tone-long",
      path: "M2.500 5h7.500a3 3 0 0 1 0 6H3M5.500 8.500 3 11l2.500 2.500",
      dash: "8 6",
      short: "Long polling",
      summary: "asks, waits, asks again",
    },
  ],
  [
    "sse",
    {
      tone: "tone-sse",
      path: "M13.500 8H3M6 4.500 2.500 8 6 11.500",
      dash: "12 5 1 5",
      short: "SSE",
      summary: "one response that never ends",
    },
  ],
  [
    "websocket",
    {
      tone: "tone-ws",
      path: "M2.500 5.500h11M11 3l2.500 2.500L11 8M13.500 10.500h-11M5 8l-2.500 2.500L5 13",
      dash: "",
      short: "WebSocket",
      summary: "both directions, one connection",
    },
  ],
]);

/** Returns a transport's style, or a neutral one for a name this page doesn't know. */
export function styleOf(name: string | undefined): TransportStyle {
  return (name === undefined ? undefined : STYLES.get(name)) ?? NEUTRAL;
}

/** Returns a transport's title for narrow places. */
export function shortTitle(transport: { readonly name: string; readonly title: string }): string {
  return styleOf(transport.name).short ?? transport.title;
}

/** When to use a transport, and what to expect of it. */
export interface TransportAdvice {
  /** What its client does while it is live, shown between "connecting" and "reconnecting". */
  readonly states: string;
  /** The browser API it needs, by caniuse's name. */
  readonly needs: string;
  readonly proxies: string;
  readonly http2: string;
  readonly when: string;
}

const ADVICE = new Map<string, TransportAdvice>([
  [
    "short-polling",
    {
      states: "asking ⇄ waiting 2 s",
      needs: "fetch",
      proxies: "Passes every proxy that passes HTTP. No request is held open, so no time limit matters.",
      http2: "All polls share one connection, and repeated headers shrink to a few bytes each.",
      when: "Updates are rare and may be seconds late, or nothing else gets through. It is also the baseline for the others.",
    },
  ],
  [
    "long-polling",
    {
      states: "first poll, answered at once → held polls, up to 25 s each",
      needs: "fetch",
      proxies:
        "Passes proxies that buffer responses, because each response ends. The proxy must allow 25 s of silence.",
      http2:
        "All polls share one connection: a held poll no longer takes one of the browser's six. Repeated headers shrink.",
      when: "Updates must be immediate, and you can't fix the proxies in between.",
    },
  ],
  [
    "sse",
    {
      states: "replaying → listening, with an alive POST every 25 s",
      needs: "eventsource",
      proxies:
        "A proxy that buffers responses holds all events back until the stream ends; X-Accel-Buffering: no asks it not to. Heartbeats keep proxies from cutting the stream as idle.",
      http2:
        "Over HTTP/1.1 each stream takes one of the six connections that a browser has per origin, shared by all tabs. Over HTTP/2 all streams share one connection.",
      when: "Much flows to the client and little back: feeds, notifications, progress. It is plain HTTP, and a browser's own EventSource can read it.",
    },
  ],
  [
    "websocket",
    {
      states: "handshake → replaying → open in both directions",
      needs: "websockets",
      proxies:
        "A proxy has to support the upgrade; if it removes the upgrade header, no WebSocket opens. Once open, nothing is buffered.",
      http2: "It needs HTTP/1.1 or RFC 8441. Browsers open a separate connection for it, outside the limit of six.",
      when: "Both sides send often, and every byte or millisecond counts: chat, games, collaborative editing.",
    },
  ],
]);

/** Returns the advice on a transport, or null for a name this page doesn't know. */
export function adviceOf(name: string): TransportAdvice | null {
  return ADVICE.get(name) ?? null;
}

/** Draws a transport's icon. It is decorative: the name is always next to it, or in the label around it. */
export function TransportIcon({ transport }: { readonly transport: string | undefined }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={styleOf(transport).path} />
    </svg>
  );
}

/** Shows a transport's icon and name on its color. */
export function TransportPill({ transport, title }: { readonly transport: string; readonly title: string }) {
  return (
    <span class={`pill ${styleOf(transport).tone}`}>
      <TransportIcon transport={transport} />
      {title}
    </span>
  );
}

/** Draws the connection as a line with the transport's dashes; `off` draws no connection. */
export function TransportLine({ transport, off }: { readonly transport: string; readonly off: boolean }) {
  const style = styleOf(transport);
  return (
    <svg class={`wire ${off ? "wire-off" : style.tone}`} aria-hidden="true" focusable="false">
      <line x1="0" y1="2" x2="100%" y2="2" stroke-dasharray={off ? "2 10" : style.dash} />
    </svg>
  );
}
