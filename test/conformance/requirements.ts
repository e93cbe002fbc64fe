/** Properties of a harness. Exclusions name them rather than transports, so that they apply to a new transport as well. */
export type Trait =
  | "streaming" //   a response outlives its first write
  | "polling" //     a response ends with its first write
  | "duplex" //      commands come up the same connection
  | "half-duplex" // commands come by POST /api/commands
  | "in-process"; // no network: the core alone

/** One promise of the protocol, as data. */
export interface Requirement {
  readonly behaviour: string;
  /** The section of PROTOCOL.md that makes the promise. */
  readonly source: string;
  /** Why it needs a server of the suite's own: small settings, a fault proxy, or a server that shuts down. */
  readonly control?: string;
  /** Exclusions by trait, or by a harness's name if no trait fits, each with the reason. */
  readonly except?: Readonly<Record<string, string>>;
}

const TINY_WINDOW = "The replay window has to be set to a few events; the default takes thousands of messages to fill.";
const SHORT_TIMES = "Its durations have to be set to fractions of a second.";
const FAULTS = "A fault proxy of this suite is needed between reader and server.";
const ONLY_ENDS = "The server has to be shut down.";
const ONE_ANSWER = "A poll with a cursor gets no `live`: its first answer means the same.";
const NOT_ATTACHED = "Between two polls it is not attached, and ephemeral events reach only attached readers.";
const NO_HTTP = "The core alone has no HTTP.";

export const REQUIREMENTS = {
  // Delivery
  order: {
    behaviour: "Every reader gets the room's events in the order of their seq, which is dense.",
    source: "3. Messages down",
  },
  "no-loss": {
    behaviour: "Messages that several members send at the same time all reach every reader.",
    source: "3. Messages down",
  },
  "no-duplicate": {
    behaviour: "No event reaches a reader twice, whatever it resumed from.",
    source: "3. Messages down",
  },
  "same-list": { behaviour: "Two readers of one room see the same list.", source: "3. Messages down" },
  "text-exact": {
    behaviour: "Text is delivered exactly as it was sent: emoji, CR, LF, U+2028, NUL.",
    source: "3. Messages down",
  },
  "text-html": {
    behaviour: "Markup in text and names is text: nothing is escaped, stripped or refused.",
    source: "3. Messages down",
  },
  "text-chopped": {
    behaviour: "Characters of several bytes survive a network that delivers three bytes at a time.",
    source: "3. Messages down",
    control: FAULTS,
    except: { "in-process": "The core alone sends no bytes." },
  },
  via: {
    behaviour: "A message names the transport that its sender reads by, or none if its sender has no reader.",
    source: "3. Messages down",
  },

  // Commands
  "echo-id": {
    behaviour: "A member's own message comes back to it with the id of its command.",
    source: "4. Commands and replies",
  },
  "reply-seq": { behaviour: "The `ok` of a message has the seq of its event.", source: "4. Commands and replies" },
  "retry-same-id": {
    behaviour: "A command sent again with the same id is executed once and gets the same reply.",
    source: "4. Commands and replies",
  },
  "retry-elsewhere": {
    behaviour: "A command sent again by another up-leg is executed once and gets the same reply.",
    source: "4. Commands and replies",
  },
  "retry-in-flight": {
    behaviour: "A second copy of a command in flight gets the first one's reply.",
    source: "4. Commands and replies",
  },
  "retry-per-member": { behaviour: "Two members may use the same command id.", source: "4. Commands and replies" },
  "text-limit": {
    behaviour: "A text of 4,000 emoji is accepted; one code point more is refused as unprocessable.",
    source: "11. Limits and timings",
  },
  "rate-limit": {
    behaviour:
      "Commands to one server above the rate are refused as too_many with retryAfterMs, and accepted after that time.",
    source: "11. Limits and timings",
    control: SHORT_TIMES,
  },
  "rate-limit-after-dedupe": {
    behaviour: "A repeated command gets its remembered reply even if the rate limit is used up.",
    source: "11. Limits and timings",
    control: SHORT_TIMES,
  },
  leave: {
    behaviour: "Leaving appends `left`, ends the readers with `bye`, and the session is unknown from then on.",
    source: "2. Sessions",
  },
  "leave-by-delete": { behaviour: "Ending the session does the same as leaving.", source: "2. Sessions" },

  // Attaching and resuming
  "attach-at-head": { behaviour: "A reader that gives no cursor starts at the head.", source: "7. Cursor, gap, live" },
  "resume-after-cut": {
    behaviour: "A reader whose connection is cut continues from its cursor without loss or duplicates.",
    source: "7. Cursor, gap, live",
    control: FAULTS,
  },
  "resume-at-head": { behaviour: "A cursor at the head replays nothing.", source: "7. Cursor, gap, live" },
  "resume-from-start": {
    behaviour: "Seq 0 of the current epoch replays all events in the window.",
    source: "7. Cursor, gap, live",
  },
  "attach-race": {
    behaviour: "A message sent while a reader catches up is neither lost nor duplicated.",
    source: "7. Cursor, gap, live",
  },
  "live-once": {
    behaviour: "A stream gets `live` once, after the replay, with the number of events replayed.",
    source: "7. Cursor, gap, live",
    except: { polling: ONE_ANSWER },
  },
  "idle-stream": {
    behaviour: "A stream without events gets `idle` at every heartbeat.",
    source: "Ephemeral events",
    control: SHORT_TIMES,
    except: { polling: "Its silence is bounded by the hold, a parameter of each poll: test/promises/hold.test.ts." },
  },
  "gap-overrun": {
    behaviour:
      "A cursor older than the replay window gives one `gap` with the exact number missed, then all events in the window.",
    source: "7. Cursor, gap, live",
    control: TINY_WINDOW,
  },
  "gap-epoch": {
    behaviour: "A cursor of another epoch gives `gap` with `missed` null, then all events in the window.",
    source: "7. Cursor, gap, live",
  },
  "gap-future": {
    behaviour: "A cursor beyond the head gives `gap`, then all events in the window.",
    source: "7. Cursor, gap, live",
  },
  "cursor-garbage": { behaviour: "An invalid cursor is refused as malformed.", source: "7. Cursor, gap, live" },
  "session-missing": {
    behaviour: "A request without a session is refused as session_missing, not as session_unknown.",
    source: "9. Errors and ends",
  },
  "session-forged": { behaviour: "A forged session is refused as session_unknown.", source: "9. Errors and ends" },

  // Readers of one session
  "newest-wins": {
    behaviour: "When a session gets a newer reader, the older one ends as superseded after the grace period.",
    source: "8. Readers and switching",
    control: SHORT_TIMES,
  },
  "both-during-grace": {
    behaviour: "During the grace period both readers get every event.",
    source: "8. Readers and switching",
  },
  "lower-refused": {
    behaviour: "After the grace period a lower reader number is refused as superseded.",
    source: "8. Readers and switching",
    control: SHORT_TIMES,
  },
  "older-goes-on": {
    behaviour: "If the newer reader's connection breaks within the grace period, the older reader continues after it.",
    source: "8. Readers and switching",
    control: SHORT_TIMES,
    except: { polling: "The server can't see that a poller is gone: its number counts until the grace period ends." },
  },
  "bye-last": { behaviour: "`bye` comes once and nothing comes after it.", source: "9. Errors and ends" },

  // Private rooms
  "private-room": {
    behaviour: "A room created with a key opens only with that key. Sessions opened with it need no key.",
    source: "2. Sessions",
  },
  "open-room": {
    behaviour: "A room created without a key refuses a join with a key, so that nobody takes it for private.",
    source: "2. Sessions",
  },

  // Presence
  joined: { behaviour: "Opening a session appends `joined`.", source: "2. Sessions" },
  linger: {
    behaviour: "A member whose reader is cut leaves when the linger is over, not before.",
    source: "2. Sessions",
    control: SHORT_TIMES,
    except: {
      "short-polling": "Its linger is always 90 s, since a page in the background polls only once a minute.",
    },
  },
  "linger-back": {
    behaviour: "A member that comes back within the linger neither leaves nor joins again.",
    source: "2. Sessions",
    control: SHORT_TIMES,
  },
  "linger-later": {
    behaviour: "A member that comes back later joins again with the same id and continues from its cursor.",
    source: "2. Sessions",
    control: SHORT_TIMES,
    except: {
      "short-polling": "Its linger is always 90 s, since a page in the background polls only once a minute.",
    },
  },
  "send-only": { behaviour: "A session that only sends stays present.", source: "2. Sessions", control: SHORT_TIMES },
  "abort-frees": {
    behaviour: "A reader that its client aborts leaves nothing behind on the server.",
    source: "2. Sessions",
    control: FAULTS,
  },
  typing: {
    behaviour: "Typing reaches the attached readers, at most once per interval, and has no seq.",
    source: "Ephemeral events",
    control: SHORT_TIMES,
    except: { "short-polling": NOT_ATTACHED },
  },
  census: {
    behaviour: "A crowded room gets `census` instead of `joined` and `left`.",
    source: "2. Sessions",
    control: "The size of a crowd has to be set to a few members.",
    except: { "short-polling": NOT_ATTACHED },
  },
  "members-bounded": {
    behaviour: "The join reply and the member list have the full count and at most 100 members.",
    source: "2. Sessions",
    control: "More than 100 sessions have to be opened at once.",
  },
  members: {
    behaviour: "The member list has every present member and the transport it reads by.",
    source: "2. Sessions",
  },
  history: {
    behaviour: "History pages back to the beginning, without overlap, and ends with a null cursor.",
    source: "5. HTTP routes",
  },
  "history-epoch": {
    behaviour: "History before a cursor of another epoch is an empty page.",
    source: "5. HTTP routes",
  },
  "session-current": {
    behaviour: "A session can be described, and its description does not contain its secret.",
    source: "2. Sessions",
  },

  // Under strain
  "slow-reader": {
    behaviour:
      "A reader that stops reading gets slow_consumer or catches up; the server queues at most one batch for it.",
    source: "Slow consumer",
    control: FAULTS,
    except: {
      polling: "Nothing is written to it before it polls: test/promises/one-write.test.ts counts one answer per poll.",
    },
  },
  "slow-others": {
    behaviour: "A reader that stops reading does not affect the others.",
    source: "Slow consumer",
    control: FAULTS,
    except: { polling: "Nothing is written to it before it polls." },
  },
  "drain-bye": {
    behaviour: "A server that shuts down sends every reader `bye` with reason drain.",
    source: "Drain",
    control: ONLY_ENDS,
  },
  "drain-refuses": {
    behaviour: "A server that drains refuses new readers as draining.",
    source: "Drain",
    control: ONLY_ENDS,
  },
  "drain-deadline": {
    behaviour: "A drain ends within its deadline even if a reader stops reading.",
    source: "Drain",
    control: ONLY_ENDS,
    except: { "in-process": "The core alone has no connection that could stay open." },
  },
  "keep-alive": {
    behaviour: "Polls reuse their connection.",
    source: "6. Transports",
    control: "Connections are counted at a proxy of this suite.",
    except: { streaming: "A stream is one connection.", "in-process": NO_HTTP },
  },
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;

/** All requirements, under the type that reports read. */
export const requirements: ReadonlyMap<string, Requirement> = new Map(Object.entries(REQUIREMENTS));
