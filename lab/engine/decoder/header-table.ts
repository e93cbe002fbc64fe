import type { Purpose } from "./spans.ts";

/** What a header is for. */
export interface HeaderNote {
  readonly purpose: Purpose;
  /** Shown to people. */
  readonly explanation: string;
  readonly source?: string;
}

/** Describes a header by its name in any case. */
export function describeHeader(name: string): HeaderNote {
  const key = name.toLowerCase();
  return NOTES.get(key) ?? PREFIXES.find(([prefix]) => key.startsWith(prefix))?.[1] ?? OTHER;
}

type Row = readonly [name: string, purpose: Purpose, explanation: string, source?: string];

const GENERAL: readonly Row[] = [
  ["host", "routing", "The host name the client used. One address can serve several hosts.", "RFC 9110, section 7.2"],
  [
    "content-length",
    "framing",
    "The length of the body in bytes. It shows where this message ends and the next begins.",
    "RFC 9110, section 8.6",
  ],
  [
    "transfer-encoding",
    "framing",
    "The body is sent in chunks, each with its length. The sender need not know the total length.",
    "RFC 9112, section 6.1",
  ],
  ["trailer", "framing", "The names of the fields that follow the last chunk.", "RFC 9110, section 6.6.2"],
  ["content-type", "negotiation", "The body's media type and character encoding.", "RFC 9110, section 8.3"],
  ["content-encoding", "negotiation", "How the body is compressed.", "RFC 9110, section 8.4"],
  [
    "connection",
    "liveness",
    "Options for this connection only, which proxies don't forward: whether it stays open, which fields are hop-by-hop.",
    "RFC 9110, section 7.6.1",
  ],
  [
    "keep-alive",
    "liveness",
    "How long an idle connection stays open.",
    "RFC 2068, section 19.7.1.1; newer RFCs don't define it",
  ],
  ["upgrade", "negotiation", "The protocol to switch this connection to.", "RFC 9110, section 7.8"],
  ["date", "information", "When the message was created, by the sender's clock.", "RFC 9110, section 6.6.1"],
  ["via", "information", "The proxies that forwarded the message.", "RFC 9110, section 7.6.3"],
  ["cache-control", "caching", "Who may store the response, and for how long.", "RFC 9111, section 5.2"],
  ["pragma", "caching", "The predecessor of Cache-Control, for HTTP/1.0 caches.", "RFC 9111, section 5.4"],
];

const WEBSOCKET: readonly Row[] = [
  [
    "sec-websocket-key",
    "negotiation",
    "16 random bytes in base64. Only a WebSocket server derives the matching Sec-WebSocket-Accept; a cache does not. It is not a secret.",
    "RFC 6455, section 11.3.1",
  ],
  [
    "sec-websocket-accept",
    "negotiation",
    "SHA-1 of the key and a fixed text, in base64. It proves that the server understood this handshake.",
    "RFC 6455, section 11.3.3",
  ],
  [
    "sec-websocket-version",
    "negotiation",
    "The protocol's version. The only one in use is 13.",
    "RFC 6455, section 11.3.5",
  ],
  [
    "sec-websocket-protocol",
    "negotiation",
    "The application protocol in the frames. The client offers several, the server picks one.",
    "RFC 6455, section 11.3.4",
  ],
  [
    "sec-websocket-extensions",
    "negotiation",
    "Extensions such as compression. The client offers several, the server picks from them.",
    "RFC 6455, section 11.3.2",
  ],
];

const REQUEST: readonly Row[] = [
  ["user-agent", "information", "The client's name and version.", "RFC 9110, section 10.1.5"],
  ["accept", "negotiation", "The media types the client accepts.", "RFC 9110, section 12.5.1"],
  ["accept-encoding", "negotiation", "The compressions the client accepts.", "RFC 9110, section 12.5.3"],
  ["accept-language", "negotiation", "The languages the user prefers.", "RFC 9110, section 12.5.4"],
  ["authorization", "session", "The client's credentials: here the session token.", "RFC 9110, section 11.6.2"],
  ["cookie", "session", "Values the server asked the client to send with each request.", "RFC 6265, section 4.2"],
  [
    "last-event-id",
    "session",
    "The last `id:` received on the event stream. The stream resumes after it.",
    "HTML Standard, section 9.2.4",
  ],
  [
    "origin",
    "security",
    "The site whose script sends the request. The server decides whether it may.",
    "RFC 6454, section 7",
  ],
  ["referer", "information", "The URL of the page that sends the request.", "RFC 9110, section 10.1.3"],
  [
    "if-none-match",
    "caching",
    "The version the client has stored. If it is still valid, the server does not send it again.",
    "RFC 9110, section 13.1.2",
  ],
  ["if-modified-since", "caching", "The date of the version the client has stored.", "RFC 9110, section 13.1.3"],
  ["range", "routing", "The requested part of the body.", "RFC 9110, section 14.2"],
  [
    "expect",
    "negotiation",
    "The client sends the body only after the server has agreed to receive it.",
    "RFC 9110, section 10.1.1",
  ],
  ["te", "negotiation", "The transfer codings the client accepts.", "RFC 9110, section 10.1.4"],
  ["priority", "negotiation", "How urgently the client needs the response.", "RFC 9218, section 5"],
  ["dnt", "information", "The user asks not to be tracked. It never became a standard."],
  ["upgrade-insecure-requests", "security", "The browser prefers https.", "W3C, Upgrade Insecure Requests"],
  [
    "access-control-request-method",
    "security",
    "Preflight: the method the page wants to use.",
    "Fetch Standard, section 3.3",
  ],
  [
    "access-control-request-headers",
    "security",
    "Preflight: the headers the page wants to send.",
    "Fetch Standard, section 3.3",
  ],
  ["x-forwarded-for", "information", "The client's address, as added by a proxy. Anyone can forge it."],
  [
    "forwarded",
    "information",
    "The client's address, as added by a proxy. Anyone can forge it.",
    "RFC 7239, section 4",
  ],
];

const RESPONSE: readonly Row[] = [
  ["server", "information", "The server's name and version.", "RFC 9110, section 10.2.4"],
  ["etag", "caching", "Identifies this version of the body.", "RFC 9110, section 8.8.3"],
  ["last-modified", "caching", "When the body last changed.", "RFC 9110, section 8.8.2"],
  ["age", "caching", "How long a cache has stored this response, in seconds.", "RFC 9111, section 5.1"],
  ["expires", "caching", "When a stored copy becomes stale.", "RFC 9111, section 5.3"],
  ["vary", "caching", "The request headers the response depends on.", "RFC 9110, section 12.5.5"],
  ["retry-after", "liveness", "When to try again, in seconds from now or as a date.", "RFC 9110, section 10.2.3"],
  ["location", "routing", "The redirect target, or the URL of the created resource.", "RFC 9110, section 10.2.2"],
  ["allow", "negotiation", "The methods this URL supports.", "RFC 9110, section 10.2.1"],
  ["set-cookie", "session", "A value the client sends with later requests.", "RFC 6265, section 4.1"],
  ["www-authenticate", "session", "How the client can authenticate.", "RFC 9110, section 11.6.1"],
  [
    "x-content-type-options",
    "security",
    "The browser must trust the Content-Type and not guess another.",
    "Fetch Standard, section 3.6",
  ],
  [
    "x-accel-buffering",
    "negotiation",
    "Tells nginx to pass on each event at once instead of buffering.",
    "nginx, ngx_http_proxy_module",
  ],
  [
    "access-control-allow-origin",
    "security",
    "The site whose scripts may read the response. Without it the browser hides the response.",
    "Fetch Standard, section 3.3",
  ],
  ["access-control-allow-methods", "security", "The methods that site may use.", "Fetch Standard, section 3.3"],
  ["access-control-allow-headers", "security", "The headers that site may send.", "Fetch Standard, section 3.3"],
  [
    "access-control-expose-headers",
    "security",
    "The response headers that site's scripts may read.",
    "Fetch Standard, section 3.3",
  ],
  [
    "access-control-max-age",
    "caching",
    "How long the browser may reuse this permission, in seconds.",
    "Fetch Standard, section 3.3",
  ],
  ["content-security-policy", "security", "What the page may load and run.", "W3C, Content Security Policy"],
  ["strict-transport-security", "security", "From now on the browser uses only https.", "RFC 6797, section 6.1"],
  ["referrer-policy", "security", "How much of its URL the page reveals to other sites.", "W3C, Referrer Policy"],
];

const NOTES: ReadonlyMap<string, HeaderNote> = new Map(
  [...GENERAL, ...WEBSOCKET, ...REQUEST, ...RESPONSE].map(([name, purpose, explanation, source]) => [
    name,
    { purpose, explanation, ...(source === undefined ? {} : { source }) },
  ]),
);

const PREFIXES: readonly (readonly [prefix: string, note: HeaderNote])[] = [
  [
    "sec-fetch-",
    {
      purpose: "security",
      explanation:
        "The kind and context of the request. Scripts can't set it, so the server can trust a browser's value.",
      source: "W3C, Fetch Metadata Request Headers",
    },
  ],
  [
    "sec-ch-",
    {
      purpose: "information",
      explanation: "A detail of the browser or its system.",
      source: "W3C draft, User-Agent Client Hints",
    },
  ],
  [
    "cross-origin-",
    {
      purpose: "security",
      explanation: "How other origins may interact with this document.",
      source: "HTML Standard",
    },
  ],
];

const OTHER: HeaderNote = { purpose: "information", explanation: "Skyrocket does not use this header." };
