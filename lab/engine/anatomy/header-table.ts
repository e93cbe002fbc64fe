import type { Purpose } from "./purpose.ts";

/** What a header is for. */
export interface HeaderNote {
  readonly purpose: Purpose;
  readonly explanation: string;
  readonly source?: string;
}

type Row = readonly [name: string, purpose: Purpose, explanation: string, source?: string];

const MESSAGE: readonly Row[] = [
  ["host", "routing", "Which of the server's names is meant; one address may serve many.", "RFC 9110, section 7.2"],
  [
    "content-length",
    "framing",
    "How many bytes of body follow the head. Without it nobody knows where this message ends and the next one begins.",
    "RFC 9110, section 8.6",
  ],
  [
    "transfer-encoding",
    "framing",
    "The body comes in chunks, each led by its length, so that a sender need not know the whole length beforehand.",
    "RFC 9112, section 6.1",
  ],
  ["trailer", "framing", "Which fields follow behind the last chunk.", "RFC 9110, section 6.6.2"],
  ["content-type", "negotiation", "What the body's bytes are, and in which characters.", "RFC 9110, section 8.3"],
  ["content-encoding", "negotiation", "How the body was compressed.", "RFC 9110, section 8.4"],
  [
    "connection",
    "liveness",
    "For this connection alone, not to be passed on: whether it stays open, or which other fields belong to it alone.",
    "RFC 9110, section 7.6.1",
  ],
  [
    "keep-alive",
    "liveness",
    "How long the connection is kept when nothing happens.",
    "RFC 2068, section 19.7.1.1, which no newer one repeats",
  ],
  ["upgrade", "negotiation", "The protocol to go on with on this very connection.", "RFC 9110, section 7.8"],
  ["date", "information", "When the message was made, by the sender's clock.", "RFC 9110, section 6.6.1"],
  ["via", "information", "Through which proxies it came.", "RFC 9110, section 7.6.3"],
  ["cache-control", "caching", "What may be stored, by whom and for how long.", "RFC 9111, section 5.2"],
  ["pragma", "caching", "Cache-Control of 1996, sent for caches that know nothing newer.", "RFC 9111, section 5.4"],
];

const WEBSOCKET: readonly Row[] = [
  [
    "sec-websocket-key",
    "negotiation",
    "16 bytes by chance, in base64. Who can make the right Sec-WebSocket-Accept of it speaks WebSocket and is no cache. It is no secret.",
    "RFC 6455, section 11.3.1",
  ],
  [
    "sec-websocket-accept",
    "negotiation",
    "SHA-1 of the key and a fixed text, in base64: proof that the server has understood this very handshake.",
    "RFC 6455, section 11.3.3",
  ],
  [
    "sec-websocket-version",
    "negotiation",
    "The protocol's version; 13 is the one there is.",
    "RFC 6455, section 11.3.5",
  ],
  [
    "sec-websocket-protocol",
    "negotiation",
    "What is to be spoken within the frames: offered by the client, chosen by the server.",
    "RFC 6455, section 11.3.4",
  ],
  [
    "sec-websocket-extensions",
    "negotiation",
    "What may be done to frames, such as compressing them: offered by the client, chosen by the server.",
    "RFC 6455, section 11.3.2",
  ],
];

const REQUEST: readonly Row[] = [
  ["user-agent", "information", "Which program is asking.", "RFC 9110, section 10.1.5"],
  ["accept", "negotiation", "Which types of answer are understood.", "RFC 9110, section 12.5.1"],
  ["accept-encoding", "negotiation", "Which compressions are understood.", "RFC 9110, section 12.5.3"],
  ["accept-language", "negotiation", "Which languages are preferred.", "RFC 9110, section 12.5.4"],
  ["authorization", "session", "Who is asking: here the session's token.", "RFC 9110, section 11.6.2"],
  ["cookie", "session", "What the server once asked to be sent along with each request.", "RFC 6265, section 4.2"],
  [
    "last-event-id",
    "session",
    "The last `id:` an event stream brought: read on from there.",
    "HTML Standard, section 9.2.4",
  ],
  [
    "origin",
    "security",
    "Which site's script is asking. The server decides whether that site may.",
    "RFC 6454, section 7",
  ],
  ["referer", "information", "The address of the page that is asking.", "RFC 9110, section 10.1.3"],
  [
    "if-none-match",
    "caching",
    "The stored version; if it still holds, its bytes need not come again.",
    "RFC 9110, section 13.1.2",
  ],
  ["if-modified-since", "caching", "How old the stored version is.", "RFC 9110, section 13.1.3"],
  ["range", "routing", "Which part of the body is wanted.", "RFC 9110, section 14.2"],
  ["expect", "negotiation", "The body comes when the server has said that it wants it.", "RFC 9110, section 10.1.1"],
  ["te", "negotiation", "Which codings of the transfer are understood.", "RFC 9110, section 10.1.4"],
  ["priority", "negotiation", "How urgent the answer is to the asker.", "RFC 9218, section 5"],
  ["dnt", "information", "A wish not to be tracked that became no standard."],
  [
    "upgrade-insecure-requests",
    "security",
    "The browser would rather be sent to https.",
    "W3C, Upgrade Insecure Requests",
  ],
  [
    "access-control-request-method",
    "security",
    "A preflight's question: may that origin use this method here?",
    "Fetch Standard, section 3.3",
  ],
  [
    "access-control-request-headers",
    "security",
    "A preflight's question: may that origin send these fields?",
    "Fetch Standard, section 3.3",
  ],
  ["x-forwarded-for", "information", "Whose request a proxy passes on, if one believes it."],
  ["forwarded", "information", "Whose request a proxy passes on, if one believes it.", "RFC 7239, section 4"],
];

const RESPONSE: readonly Row[] = [
  ["server", "information", "Which program has answered.", "RFC 9110, section 10.2.4"],
  ["etag", "caching", "A name of this version of the body.", "RFC 9110, section 8.8.3"],
  ["last-modified", "caching", "Since when the body has been as it is.", "RFC 9110, section 8.8.2"],
  ["age", "caching", "For how many seconds a cache has held this answer.", "RFC 9111, section 5.1"],
  ["expires", "caching", "Until when the answer may be used again.", "RFC 9111, section 5.3"],
  ["vary", "caching", "Which request fields the answer depends on.", "RFC 9110, section 12.5.5"],
  ["retry-after", "liveness", "After how many seconds it is worth asking again.", "RFC 9110, section 10.2.3"],
  ["location", "routing", "Where to go instead, or where the new thing is.", "RFC 9110, section 10.2.2"],
  ["allow", "negotiation", "Which methods this address takes.", "RFC 9110, section 10.2.1"],
  ["set-cookie", "session", "What the client shall send along from now on.", "RFC 6265, section 4.1"],
  ["www-authenticate", "session", "How to say who one is.", "RFC 9110, section 11.6.1"],
  [
    "x-content-type-options",
    "security",
    "The browser must not guess another type than the one that is said.",
    "Fetch Standard, section 3.6",
  ],
  [
    "x-accel-buffering",
    "negotiation",
    "Asks nginx to pass each event on as it comes, and not to collect them first.",
    "nginx, ngx_http_proxy_module",
  ],
  [
    "access-control-allow-origin",
    "security",
    "Which site's scripts may read this answer. Without it the browser keeps it from them.",
    "Fetch Standard, section 3.3",
  ],
  ["access-control-allow-methods", "security", "Which methods that site may use.", "Fetch Standard, section 3.3"],
  ["access-control-allow-headers", "security", "Which fields that site may send.", "Fetch Standard, section 3.3"],
  [
    "access-control-expose-headers",
    "security",
    "Which fields of the answer that site may read.",
    "Fetch Standard, section 3.3",
  ],
  [
    "access-control-max-age",
    "caching",
    "For how many seconds this permission holds without being asked for again.",
    "Fetch Standard, section 3.3",
  ],
  ["content-security-policy", "security", "What the page may load and run.", "W3C, Content Security Policy"],
  ["strict-transport-security", "security", "From now on only by https.", "RFC 6797, section 6.1"],
  ["referrer-policy", "security", "How much of its address the page tells others.", "W3C, Referrer Policy"],
];

const NOTES: ReadonlyMap<string, HeaderNote> = new Map(
  [...MESSAGE, ...WEBSOCKET, ...REQUEST, ...RESPONSE].map(([name, purpose, explanation, source]) => [
    name,
    { purpose, explanation, ...(source === undefined ? {} : { source }) },
  ]),
);

const FAMILIES: readonly (readonly [prefix: string, note: HeaderNote])[] = [
  [
    "sec-fetch-",
    {
      purpose: "security",
      explanation:
        "What kind of request the browser makes and for whom. No script can set it, so a server may trust it.",
      source: "W3C, Fetch Metadata Request Headers",
    },
  ],
  [
    "sec-ch-",
    {
      purpose: "information",
      explanation: "Which browser and system is asking, in pieces.",
      source: "W3C draft, User-Agent Client Hints",
    },
  ],
  [
    "cross-origin-",
    {
      purpose: "security",
      explanation: "Which other origins may have to do with this document.",
      source: "HTML Standard",
    },
  ],
];

const OTHER: HeaderNote = { purpose: "information", explanation: "A field that means nothing to Skyrocket." };

/** What a header is for, by its name in any case. */
export function headerNote(name: string): HeaderNote {
  const key = name.toLowerCase();
  return NOTES.get(key) ?? FAMILIES.find(([prefix]) => key.startsWith(prefix))?.[1] ?? OTHER;
}
