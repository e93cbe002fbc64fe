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

const TINY_WINDOW = "A replay window of a few events has to be set, or thousands of messages would be sent.";
const SHORT_TIMES = "Its durations have to be set to fractions of a second.";
const FAULTS = "A proxy of this suite has to stand between reader and server.";
const ONLY_ENDS = "The server has to be told to end.";
const ONE_ANSWER = "A poll is answered by its events or by nothing: an empty array says that it is live.";
const NOT_ATTACHED = "Between two polls it is not attached, and what is not numbered reaches attached readers only.";
const NO_HTTP = "There is no HTTP in it.";

export const REQUIREMENTS = {
  // Delivery
  order: {
    behaviour: "Every reader gets the room's events in the order of their seq, which is dense.",
    source: "3. Messages down",
  },
  "no-loss": {
    behaviour: "What several members say at the same time reaches every reader.",
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
    except: { "in-process": "There are no bytes in it." },
  },
  via: {
    behaviour: "A message names the transport its sender reads by; none where it reads by none.",
    source: "3. Messages down",
  },

  // Commands
  "echo-id": {
    behaviour: "A member's own message comes back to it with the id of its command.",
    source: "4. Commands and replies",
  },
  "reply-seq": { behaviour: "The `ok` of a message has the seq of its event.", source: "4. Commands and replies" },
  "retry-same-id": {
    behaviour: "A command sent again under its id is carried out once and answered alike.",
    source: "4. Commands and replies",
  },
  "retry-elsewhere": {
    behaviour: "That holds when the second copy goes by another way.",
    source: "4. Commands and replies",
  },
  "retry-in-flight": {
    behaviour: "A second copy that arrives while the first is under way shares its outcome.",
    source: "4. Commands and replies",
  },
  "retry-per-member": { behaviour: "Two members may use the same command id.", source: "4. Commands and replies" },
  "text-limit": {
    behaviour: "4,000 code points of emoji are taken, 4,001 are refused as unprocessable.",
    source: "11. Limits and timings",
  },
  "rate-limit": {
    behaviour: "Too many commands are refused as too_many with retryAfterMs; after that time they are taken.",
    source: "11. Limits and timings",
    control: SHORT_TIMES,
  },
  "rate-limit-after-dedupe": {
    behaviour: "A repeated command is answered from memory even when the limit is used up.",
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
    behaviour: "A reader cut without warning reads on from its cursor without loss or double.",
    source: "7. Cursor, gap, live",
    control: FAULTS,
  },
  "resume-at-head": { behaviour: "A cursor that is the head replays nothing.", source: "7. Cursor, gap, live" },
  "resume-from-start": {
    behaviour: "Seq 0 of the present epoch replays all that is held.",
    source: "7. Cursor, gap, live",
  },
  "attach-race": {
    behaviour: "What is said while a reader is being caught up is neither lost nor duplicated.",
    source: "7. Cursor, gap, live",
  },
  "live-once": {
    behaviour: "A stream is told `live` once, after the replay, with the number of events replayed.",
    source: "7. Cursor, gap, live",
    except: { polling: ONE_ANSWER },
  },
  "idle-stream": {
    behaviour: "A silent stream is told `idle` within its heartbeat.",
    source: "Ephemeral events",
    control: SHORT_TIMES,
    except: { polling: "Its silence is bounded by the hold, a parameter of each poll: test/promises/hold.test.ts." },
  },
  "gap-overrun": {
    behaviour:
      "A cursor that has left the replay window gives one `gap` with the exact number missed, then all that is held.",
    source: "7. Cursor, gap, live",
    control: TINY_WINDOW,
  },
  "gap-epoch": {
    behaviour: "A cursor of another epoch gives `gap` with `missed` null, then all that is held.",
    source: "7. Cursor, gap, live",
  },
  "gap-future": {
    behaviour: "A cursor beyond the head gives `gap`, then all that is held.",
    source: "7. Cursor, gap, live",
  },
  "cursor-garbage": { behaviour: "What is not a cursor is refused as malformed.", source: "7. Cursor, gap, live" },
  "session-missing": {
    behaviour: "Without a session: session_missing, not the same as an unknown one.",
    source: "9. Errors and ends",
  },
  "session-forged": { behaviour: "A forged session is session_unknown.", source: "9. Errors and ends" },

  // Readers of one session
  "newest-wins": {
    behaviour: "When a session gets a newer reader, the older one is told `superseded` within the grace period.",
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
    behaviour: "If the newer reader dies within the grace period, the older goes on past its end.",
    source: "8. Readers and switching",
    control: SHORT_TIMES,
    except: { polling: "That a poller died is not seen at the server: its number stands until the grace period ends." },
  },
  "bye-last": { behaviour: "`bye` comes once and nothing comes after it.", source: "9. Errors and ends" },

  // Private rooms
  "private-room": {
    behaviour: "A room that was made with a key opens to that key alone, and to the sessions it was opened for.",
    source: "2. Sessions",
  },
  "open-room": {
    behaviour: "A room that was made without a key refuses whoever brings one: nobody takes it for private.",
    source: "2. Sessions",
  },

  // Presence
  joined: { behaviour: "Opening a session appends `joined`.", source: "2. Sessions" },
  linger: {
    behaviour: "A member whose reader was cut has left when the linger is over, not before.",
    source: "2. Sessions",
    control: SHORT_TIMES,
    except: {
      "short-polling": "Its linger is 90 s whatever the server's is, as a background page asks once a minute.",
    },
  },
  "linger-back": {
    behaviour: "Coming back within the linger appends neither `left` nor `joined`.",
    source: "2. Sessions",
    control: SHORT_TIMES,
  },
  "linger-later": {
    behaviour: "Coming back after it appends `joined` with the same member id, and reads on from the cursor.",
    source: "2. Sessions",
    control: SHORT_TIMES,
    except: {
      "short-polling": "Its linger is 90 s whatever the server's is, as a background page asks once a minute.",
    },
  },
  "send-only": { behaviour: "A session that only sends stays present.", source: "2. Sessions", control: SHORT_TIMES },
  "abort-frees": {
    behaviour: "A reader that its own client gives up leaves nothing behind at the server.",
    source: "2. Sessions",
    control: FAULTS,
  },
  typing: {
    behaviour: "Typing reaches the attached readers, at most once in its interval, and takes no seq.",
    source: "Ephemeral events",
    control: SHORT_TIMES,
    except: { "short-polling": NOT_ATTACHED },
  },
  census: {
    behaviour: "In a crowded room joins and leaves are no longer told; a census is.",
    source: "2. Sessions",
    control: "A crowd of a few members has to be set.",
    except: { "short-polling": NOT_ATTACHED },
  },
  "members-bounded": {
    behaviour: "The join reply and the member list have the full count and at most 100 members.",
    source: "2. Sessions",
    control: "More than 100 sessions have to be opened at once.",
  },
  members: {
    behaviour: "The member list names who is present and the transport each reads by.",
    source: "2. Sessions",
  },
  history: {
    behaviour: "History pages back to the beginning, without overlap, and ends with a null cursor.",
    source: "5. HTTP routes",
  },
  "history-epoch": { behaviour: "History before a place of another epoch is an empty page.", source: "5. HTTP routes" },
  "session-current": {
    behaviour: "A session can be asked about itself and does not get its secret back.",
    source: "2. Sessions",
  },

  // Under strain
  "slow-reader": {
    behaviour: "A reader that takes nothing is told slow_consumer or catches up; the server queues nothing for it.",
    source: "Slow consumer",
    control: FAULTS,
    except: {
      polling: "Nothing is written to it before it asks: test/promises/one-write.test.ts counts one answer per poll.",
    },
  },
  "slow-others": {
    behaviour: "A reader that takes nothing costs the others nothing.",
    source: "Slow consumer",
    control: FAULTS,
    except: { polling: "Nothing is written to it before it asks." },
  },
  "drain-bye": {
    behaviour: "A server that ends tells every reader `bye` with reason drain.",
    source: "Drain",
    control: ONLY_ENDS,
  },
  "drain-refuses": {
    behaviour: "While it drains, new readers are refused as draining.",
    source: "Drain",
    control: ONLY_ENDS,
  },
  "drain-deadline": {
    behaviour: "A drain ends within its deadline though a reader takes nothing.",
    source: "Drain",
    control: ONLY_ENDS,
    except: { "in-process": "There is no connection that could stay open." },
  },
  "keep-alive": {
    behaviour: "Polls reuse their connection.",
    source: "6. Transports",
    control: "Connections are counted at a proxy of this suite.",
    except: { streaming: "It is one connection.", "in-process": NO_HTTP },
  },
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;

/** All requirements, under the type that reports read. */
export const requirements: ReadonlyMap<string, Requirement> = new Map(Object.entries(REQUIREMENTS));
