import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import type { Settings } from "../../chat/settings.ts";
import type { Author, DurableEvent } from "../../protocol/events.ts";
import type { CommandId, Epoch, MemberId, RoomName } from "../../protocol/ids.ts";

/** A Lua script, and the SHA-1 by which Redis knows it once it is loaded. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/** Runs a script. Rejects with what the connection rejects with. */
export type RunScript = (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/** One operation on a room. Durations in ms. */
export type Op =
  /**
   * Stores a message. `tail`: its JSON after `"at":N,`, for example `"id":"c1","from":{…},"text":"hi"}`. `byPost`: it
   * came by POST and has no `via`; the script adds the transport that the sender reads by.
   */
  | {
      readonly op: "say";
      readonly member: MemberId;
      readonly id: CommandId;
      readonly tail: string;
      readonly byPost: boolean;
    }
  /** Finds out whether a message was stored for a command. */
  | { readonly op: "find"; readonly member: MemberId; readonly id: CommandId }
  /** Makes a member present. Unless renewed within `deadlineMs`, it leaves. `author`: JSON. `via`: empty if unknown. */
  | {
      readonly op: "join";
      readonly member: MemberId;
      readonly deadlineMs: number;
      readonly author: string;
      readonly via: string;
    }
  | { readonly op: "leave"; readonly member: MemberId }
  /** Revokes a session. `until`: when its token expires, in ms since 1970. */
  | { readonly op: "end"; readonly member: MemberId; readonly until: number }
  /** Renews the deadline of a present member. Unlike `join`, it also works while Redis is at its memory limit. */
  | { readonly op: "renew"; readonly member: MemberId; readonly deadlineMs: number }
  /** Publishes a session's reader numbers (JSON). If its member is present, also stores them and `via`. */
  | { readonly op: "numbers"; readonly member: MemberId; readonly numbers: string; readonly via: string }
  /** Makes at most 100 members leave whose deadlines have passed. */
  | { readonly op: "reap" };

/** The reader numbers of a member, as they were stored some time ago. */
export interface StoredNumbers {
  readonly json: string;
  readonly ageMs: number;
}

/** `numbers`: those of the member that joined, if any are stored. */
export type Answer =
  /** An event was stored now. */
  | { readonly kind: "stored"; readonly seq: number; readonly numbers?: StoredNumbers }
  /** The message was stored before, under this seq. */
  | { readonly kind: "again"; readonly seq: number }
  /** Executed. There was no event to store. */
  | { readonly kind: "done"; readonly numbers?: StoredNumbers }
  /** The session that joins, or is renewed, was ended before. */
  | { readonly kind: "ended" }
  /**
   * Not executed for lack of space: the room remembers too many replies for another message, or the member to renew is
   * absent, and a join needs memory.
   */
  | { readonly kind: "full" };

export type RoomLimits = Pick<
  Settings,
  "replayEvents" | "replayBytes" | "replayMs" | "dedupeMs" | "dedupeEntries" | "censusFrom" | "censusEveryMs" | "lockMs"
>;

export interface StoredEvent {
  readonly seq: number;
  /** The event's JSON. */
  readonly body: string;
}

/** An epoch that is over, and its last seq. */
export interface PastEpoch {
  readonly epoch: Epoch;
  readonly end: number;
}

export interface PresentMember {
  readonly author: Author;
  readonly via: string | undefined;
}

export interface Snapshot {
  readonly epoch: Epoch;
  /** The epoch began after this seq. */
  readonly began: number;
  readonly head: number;
  readonly oldest: number;
  /** Newest first, at most 32. */
  readonly past: readonly PastEpoch[];
  readonly keyHash: RoomKeyHash | null;
  /** Longest present first; none if other events follow those asked for. */
  readonly members: readonly PresentMember[];
  /** Those asked for, oldest first. */
  readonly events: readonly StoredEvent[];
  /** Ms until the earliest deadline of a member; null if there is none. */
  readonly deadlineMs: number | null;
}

export type Opened =
  | { readonly kind: "open"; readonly snapshot: Snapshot }
  | { readonly kind: "absent" }
  /**
   * The primary was restarted or replaced since this epoch began, so events may be missing. Call `begin` first. The
   * scripts call the id of a primary's history its `life`.
   */
  | { readonly kind: "life"; readonly epoch: Epoch };

export type Appended =
  | {
      readonly kind: "ok";
      readonly epoch: Epoch;
      /** Seq of the first event that was stored; 0 if none was. */
      readonly first: number;
      readonly head: number;
      readonly oldest: number;
      /** One for each operation, in order. */
      readonly answers: readonly Answer[];
      /** The published message without its header, as lines. Those that begin with `{` are the stored events. */
      readonly lines: readonly string[];
      /** Ms until the earliest deadline of a member; null if there is none, or if all operations were `say`. */
      readonly deadlineMs: number | null;
    }
  | { readonly kind: "absent" }
  | { readonly kind: "life" };

export type Begun =
  /** `snapshot` has no events. */
  | { readonly kind: "begun"; readonly snapshot: Snapshot }
  /** Ask again after `ms`. Redis holds all events up to `head`. */
  | { readonly kind: "wait"; readonly ms: number; readonly head: number }
  | { readonly kind: "absent" };

/** What a node knows of a room. */
export interface Offer {
  /** Never used before. */
  readonly newEpoch: Epoch;
  readonly epoch: Epoch;
  readonly past: readonly PastEpoch[];
  /** In order, without holes. */
  readonly events: readonly StoredEvent[];
}

/** How long nodes offer what they know before a new epoch begins: events only in the second half (begin.lua). */
const SETTLE_MS = 1_000;
/** For this long after an epoch began no deadline counts: nodes could not renew deadlines before it. */
const GRACE_MS = 60_000;

/**
 * With the shebang Redis checks before the first command whether the script can run to its end. Without it, Redis would
 * stop the script halfway.
 */
function load(name: string, flags = ""): Script {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
  return script(`#!lua${flags}\n${read("./room.lua")}${read(name)}`);
}

// What frees memory, or is needed to read, also works while Redis is at its memory limit.
const CREATE = load("./open.lua");
const OPEN = load("./open.lua", " flags=no-writes");
const APPEND = load("./append.lua");
const APPEND_WHEN_FULL = load("./append.lua", " flags=allow-oom");
const BEGIN = load("./begin.lua", " flags=allow-oom");
const END = load("./end.lua", " flags=allow-oom");
const FIND = load("./find.lua", " flags=no-writes");

/**
 * The keys of a room, in the order of KEYS in room.lua: meta, events (a stream), commands, older commands, members,
 * deadlines, reader numbers, ended sessions, room key.
 */
const KEYS = ["m", "s", "d", "D", "w", "u", "n", "x", "k"] as const;

/** The operations on a room in Redis: builds the keys and arguments of each script and parses its reply. */
export class RoomScripts {
  /** Load these at each connect. */
  static readonly all: readonly Script[] = [CREATE, OPEN, APPEND, APPEND_WHEN_FULL, BEGIN, END, FIND];

  readonly #run: RunScript;
  readonly #prefix: string;
  readonly #expiry: readonly string[];
  readonly #limits: readonly string[];

  constructor(run: RunScript, prefix: string, limits: RoomLimits) {
    const { replayEvents, replayBytes, replayMs, lockMs, dedupeMs, dedupeEntries, censusFrom, censusEveryMs } = limits;
    this.#run = run;
    this.#prefix = prefix;
    this.#expiry = [replayMs, lockMs].map(String);
    this.#limits = [
      replayEvents,
      replayBytes,
      replayMs,
      lockMs,
      dedupeMs,
      dedupeEntries,
      censusFrom,
      censusEveryMs,
    ].map(String);
  }

  /** Returns the sharded channel on which everything that happens in a room is published. */
  channelOf(room: RoomName): string {
    return this.#key(room, "c");
  }

  /**
   * Opens a room. Makes it if it is absent and `create` is given; the key hash of the snapshot is the one that counts.
   * Resolves with at most `events` events after seq `after`, or with the newest ones if `after` is null. They have at
   * most `bytes`, except that the first one is never left out for its size.
   */
  async open(
    room: RoomName,
    {
      create,
      after,
      events,
      bytes,
    }: {
      readonly create: { readonly epoch: Epoch; readonly keyHash: RoomKeyHash | null } | null;
      readonly after: number | null;
      readonly events: number;
      readonly bytes: number;
    },
  ): Promise<Opened> {
    const rest = [after === null ? "" : String(after), String(events), String(bytes), ...this.#expiry];
    // A room that exists also opens while Redis can't write.
    let reply = await this.#call<OpenReply>(OPEN, room, ["", "", ...rest]);
    if (reply[0] === "ABSENT" && create !== null) {
      reply = await this.#call<OpenReply>(CREATE, room, [create.epoch, formatKeyHash(create.keyHash), ...rest]);
    }
    switch (reply[0]) {
      case "ABSENT":
        return { kind: "absent" };
      case "LIFE":
        return { kind: "life", epoch: reply[1] };
      case "OPEN":
        return { kind: "open", snapshot: parseSnapshot(reply[1], after === null) };
    }
  }

  /**
   * Executes the operations in one step, unless the room is absent or the primary has another history. Each has its own
   * answer: one that is refused does not stop the others. Publishes what happened in one message, whose first line, the
   * header, names `node`. Without a `say` or `join` this also works while Redis is at its memory limit.
   */
  async append(room: RoomName, node: string, ops: readonly Op[]): Promise<Appended> {
    const needsMemory = ops.some(({ op }) => op === "say" || op === "join");
    const reply = await this.#call<AppendReply>(needsMemory ? APPEND : APPEND_WHEN_FULL, room, [
      this.channelOf(room),
      node,
      ...this.#limits,
      ...ops.flatMap(wordsOf),
    ]);
    switch (reply[0]) {
      case "ABSENT":
        return { kind: "absent" };
      case "LIFE":
        return { kind: "life" };
      case "OK": {
        const [, epoch, first, head, oldest, answers, lines, deadline] = reply;
        return {
          kind: "ok",
          epoch,
          first,
          head,
          oldest,
          answers: answers.map(parseAnswer),
          lines,
          deadlineMs: parseDeadline(deadline),
        };
      }
    }
  }

  /**
   * Begins a new epoch after the primary's history has changed. Stores the offered events that Redis has lost, under
   * their old seqs, unless another node knows a newer epoch than `epoch`. Ask again after each `wait`, with the events
   * above its `head`.
   */
  async begin(room: RoomName, node: string, { newEpoch, epoch, past, events }: Offer): Promise<Begun> {
    const reply = await this.#call<BeginReply>(BEGIN, room, [
      this.channelOf(room),
      node,
      newEpoch,
      String(SETTLE_MS),
      String(GRACE_MS),
      ...this.#expiry,
      epoch,
      past.map((one) => `${one.epoch}:${one.end}`).join(),
      ...events.flatMap(wordsOfEvent),
    ]);
    switch (reply[0]) {
      case "ABSENT":
        return { kind: "absent" };
      case "WAIT":
        return { kind: "wait", ms: reply[1], head: reply[2] };
      case "BEGUN":
        return { kind: "begun", snapshot: parseSnapshot(reply[1], false) };
    }
  }

  /** Revokes a session of a room that need not exist. `until`: when its token expires, in ms since 1970. */
  async end(room: RoomName, node: string, member: MemberId, until: number): Promise<void> {
    await this.#call(END, room, [this.channelOf(room), node, member, String(until)]);
  }

  /** Resolves to what is known of a name. `reserved`: the room is gone; its name belongs to its key for `lockMs`. */
  async find(
    room: RoomName,
  ): Promise<{ readonly keyHash: RoomKeyHash | null; readonly reserved: boolean } | undefined> {
    const [key, reserved] = await this.#call<readonly [key: string, reserved: number]>(FIND, room, []);
    return reserved === -1 ? undefined : { keyHash: parseKeyHash(key), reserved: reserved === 1 };
  }

  /** The cast is honest: what comes back is what the script returns. */
  async #call<Reply>(called: Script, room: RoomName, args: readonly string[]): Promise<Reply> {
    const keys = KEYS.map((key) => this.#key(room, key));
    return (await this.#run(called, keys, args)) as Reply;
  }

  /** The braces are Redis' hash tag: all keys of a room belong to one slot. */
  #key(room: RoomName, key: string): string {
    return `${this.#prefix}:{${room}}:${key}`;
  }
}

// Replies.

type SnapshotReply = readonly [
  epoch: Epoch,
  began: number,
  head: number,
  oldest: number,
  past: string,
  key: string,
  members: readonly string[],
  /** Seqs, as digits, and bodies in turn. */
  events: readonly string[],
  deadline: number,
];
type OpenReply = readonly ["ABSENT"] | readonly ["LIFE", Epoch] | readonly ["OPEN", SnapshotReply];
type AppendReply =
  | readonly ["ABSENT"]
  | readonly ["LIFE"]
  | readonly [
      "OK",
      epoch: Epoch,
      first: number,
      head: number,
      oldest: number,
      answers: readonly string[],
      lines: readonly string[],
      deadline: number,
    ];
type BeginReply = readonly ["ABSENT"] | readonly ["WAIT", ms: number, head: number] | readonly ["BEGUN", SnapshotReply];

function parseSnapshot(reply: SnapshotReply, newestFirst: boolean): Snapshot {
  const [epoch, began, head, oldest, past, key, members, words, deadline] = reply;
  const events: StoredEvent[] = [];
  for (let index = 0; index < words.length; index += 2) {
    events.push({ seq: Number(words[index]), body: words[index + 1] ?? "" });
  }
  if (newestFirst) events.reverse();
  return {
    epoch,
    began,
    head,
    oldest,
    past: parsePast(past),
    keyHash: parseKeyHash(key),
    members: parseMembers(members),
    events,
    deadlineMs: parseDeadline(deadline),
  };
}

function parsePast(text: string): PastEpoch[] {
  if (text === "") return [];
  return text.split(",").map((one) => {
    const [epoch = "", end] = one.split(":");
    return { epoch: epoch as Epoch, end: Number(end) }; // `begin` stored it
  });
}

/** Each is `<place in the order of joining> <via> <author>`. */
function parseMembers(entries: readonly string[]): PresentMember[] {
  return entries
    .map((entry) => {
      const viaAt = entry.indexOf(" ") + 1;
      const authorAt = entry.indexOf(" ", viaAt) + 1;
      const via = entry.slice(viaAt, authorAt - 1);
      const author: Author = JSON.parse(entry.slice(authorAt));
      return { place: Number(entry.slice(0, viaAt)), member: { author, via: via === "" ? undefined : via } };
    })
    .sort((one, other) => one.place - other.place)
    .map(({ member }) => member);
}

function parseAnswer(text: string): Answer {
  const [word = "", age = "", ...json] = text.split(" ");
  const numbers = age === "" ? {} : { numbers: { json: json.join(" "), ageMs: Number(age) } };
  switch (word[0]) {
    case "+":
      return { kind: "stored", seq: Number(word.slice(1)), ...numbers };
    case "=":
      return { kind: "again", seq: Number(word.slice(1)) };
    case ".":
      return { kind: "done", ...numbers };
    case "E":
      return { kind: "ended" };
    case "F":
      return { kind: "full" };
    default:
      throw new RangeError(`${text} is no answer of append.lua.`);
  }
}

function parseDeadline(ms: number): number | null {
  return ms === -1 ? null : ms;
}

function formatKeyHash(keyHash: RoomKeyHash | null): string {
  return keyHash === null ? "" : `${keyHash.salt} ${keyHash.hash}`;
}

function parseKeyHash(text: string): RoomKeyHash | null {
  const [salt = "", hash = ""] = text.split(" ");
  return text === "" ? null : { salt, hash };
}

/** Returns the four words of an operation in ARGV. */
function wordsOf(op: Op): [op: string, member: string, a: string, b: string] {
  switch (op.op) {
    case "say":
      return [op.byPost ? "post" : "say", op.member, op.id, op.tail];
    case "find":
      return ["find", op.member, op.id, ""];
    case "join":
      return ["join", op.member, String(op.deadlineMs), `${op.via} ${op.author}`];
    case "leave":
      return ["leave", op.member, "", ""];
    case "end":
      return ["end", op.member, String(op.until), ""];
    case "renew":
      return ["renew", op.member, String(op.deadlineMs), ""];
    case "numbers":
      return ["numbers", op.member, op.numbers, op.via];
    case "reap":
      return ["reap", "", "", ""];
  }
}

/** Returns the six words of an offered event in ARGV. */
function wordsOfEvent({ seq, body }: StoredEvent): string[] {
  const event: DurableEvent = JSON.parse(body);
  const words = [String(seq), body, String(event.at), event.type];
  switch (event.type) {
    case "message":
      return [...words, event.from.id, event.id];
    case "joined":
      return [...words, event.member.id, `${event.via ?? ""} ${JSON.stringify(event.member)}`];
    case "left":
      return [...words, event.member.id, ""];
  }
}
