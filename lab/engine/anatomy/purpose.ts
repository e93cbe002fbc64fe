/** What bytes are there for. */
export type Purpose =
  | "payload"
  | "framing"
  | "control"
  | "routing"
  | "negotiation"
  | "session"
  | "security"
  | "caching"
  | "liveness"
  | "information"
  | "unknown";

/** Every purpose, in the order in which a legend lists them, in words. */
export const PURPOSES: Readonly<Record<Purpose, { readonly title: string; readonly says: string }>> = {
  payload: { title: "payload", says: "What was to be said: the JSON of events, commands and replies." },
  framing: { title: "framing", says: "Where something begins and ends: lengths, line ends, brackets, field names." },
  control: { title: "control", says: "What is wanted, and what became of it: method, status, opcode, close code." },
  routing: { title: "routing", says: "Where it goes: path, host." },
  negotiation: { title: "negotiation", says: "What both ends agree on: versions, types, encodings, an upgrade." },
  session: { title: "session", says: "Who is speaking, and where it reads on: token, reader, cursor." },
  security: { title: "security", says: "What protects a user or a proxy: origin, fetch metadata, masks, nosniff." },
  caching: { title: "caching", says: "What may be stored, and for how long." },
  liveness: { title: "liveness", says: "Signs of life, and when to come back: heartbeats, ping, pong, retry." },
  information: { title: "information", says: "What nobody needs in order to understand the rest: date, user agent." },
  unknown: { title: "not explained", says: "Bytes that were not recorded, or that follow no rule known here." },
};
