/**
 * One member of a row, with its reader across reconnects; and the timed tasks that run on all members of a row: polling,
 * keep-alive, disturbances.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Credentials, Dialect, Reader } from "./dialect.ts";
import type { Disturbance } from "./messages.ts";

/** Pause between two attempts to reconnect to a server that refuses. */
const RETRY_MS = 50;

export interface MemberEvents {
  arrived(number: number): void;
  /**
   * The member can't continue. Not called while it is opening (then `open` rejects), nor for a supervised member (it
   * reconnects).
   */
  failed(reason: string): void;
}

export interface MemberOptions {
  readonly dialect: Dialect;
  /** The server's nodes. Each new connection goes to the next one, and after the last to the first again. */
  readonly nodes: readonly URL[];
  readonly credentials: Credentials;
  /** Whether it tracks its position and reconnects when its connection breaks. */
  readonly supervised: boolean;
  readonly events: MemberEvents;
}

/** One reader across all its connections. Its counters continue when it reconnects. */
export class Member {
  /** Number of reconnects. */
  reopened = 0;
  /** Whether its current connection is attached. */
  attached = false;
  readonly #options: MemberOptions;
  /** Sums over its closed connections. */
  readonly #past = { bytesRead: 0, bytesWritten: 0, reads: 0 };
  #credentials: Credentials;
  #reader: Reader | null = null;
  #links = 0;
  /** Increases with every cut, so that a reconnect from before the last cut knows that it is outdated. */
  #cuts = 0;
  #closed = false;
  /** Rejects the promise of the connection that is being opened. */
  #refuse: (error: Error) => void = () => {};

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#credentials = options.credentials;
  }

  get bytesRead(): number {
    return this.#past.bytesRead + (this.#reader?.bytesRead ?? 0);
  }

  get bytesWritten(): number {
    return this.#past.bytesWritten + (this.#reader?.bytesWritten ?? 0);
  }

  get reads(): number {
    return this.#past.reads + (this.#reader?.reads ?? 0);
  }

  /** The current connection; null while the member is away. */
  get reader(): Reader | null {
    return this.#reader;
  }

  /** Opens a connection at the member's position. Resolves when it is attached, rejects if it is refused. */
  open(): Promise<void> {
    const { dialect, nodes, events, supervised } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const url = nodes[this.#links % nodes.length];
    if (url === undefined) throw new RangeError("a member needs a node");
    this.#links += 1;
    this.#refuse = reject;
    let state: "opening" | "attached" | "over" = "opening";
    const failed = (reason: string): void => {
      if (state === "over") return;
      const was = state;
      state = "over";
      if (was === "opening") this.#drop(reason);
      else if (supervised) void this.reconnect();
      else events.failed(reason);
    };
    this.#reader = dialect.openReader({
      url,
      credentials: this.#credentials,
      link: this.#links,
      track: supervised,
      events: {
        opened: () => {
          if (state === "opening") state = "attached";
          this.attached = true;
          resolve();
        },
        arrived: events.arrived,
        failed,
      },
    });
    return promise;
  }

  /** Destroys its connection and keeps its position. It stays away until `reconnect`. */
  cut(): void {
    this.#cuts += 1;
    this.#drop("it was cut");
  }

  /** Opens a connection at its position. Retries until the member is attached, cut or closed. */
  async reconnect(): Promise<void> {
    this.cut();
    const cuts = this.#cuts;
    this.reopened += 1;
    while (!this.#closed && cuts === this.#cuts) {
      try {
        return await this.open();
      } catch {
        await sleep(RETRY_MS);
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.cut();
  }

  #drop(reason: string): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#credentials = reader.position();
    this.#past.bytesRead += reader.bytesRead;
    this.#past.bytesWritten += reader.bytesWritten;
    this.#past.reads += reader.reads;
    this.#reader = null;
    this.attached = false;
    reader.close();
    this.#refuse(new Error(reason));
  }
}

/** Skyrocket's own client polls this often over short polling. */
const POLL_MS = 2_000;
const TICK_MS = 20;
/** Skyrocket closes a connection after 125 s without a request. */
const KEEP_ALIVE_MS = 25_000;
const KEEP_ALIVE_TICK_MS = 100;

/** A repeated task that runs until `stop`. */
export interface Repeating {
  stop(): void;
}

/** Makes each short poller poll at the client's interval, evenly spread over it. Does nothing to other members. */
export function pollInTurn(members: readonly Member[]): Repeating {
  return inTurn(members.filter(isPolled), POLL_MS, TICK_MS, ({ reader }) => reader?.poll?.(0));
}

/**
 * Makes a short poller poll once when it has read nothing for KEEP_ALIVE_MS. Otherwise the server would close its
 * connection as idle while other rows are being measured.
 */
export function keepPollersAlive(members: readonly Member[]): Repeating {
  const lastReads = new Map<Member, number>();
  return inTurn(members.filter(isPolled), KEEP_ALIVE_MS, KEEP_ALIVE_TICK_MS, (member) => {
    if (lastReads.get(member) === member.reads) member.reader?.poll?.(0);
    lastReads.set(member, member.reads);
  });
}

function isPolled({ reader }: Member): boolean {
  return reader?.poll !== undefined;
}

/** Runs the task for each member once in `everyMs`, evenly spread over it. */
function inTurn(
  members: readonly Member[],
  everyMs: number,
  tickMs: number,
  task: (member: Member) => void,
): Repeating {
  if (members.length === 0) return { stop: () => {} };
  const start = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / everyMs) * members.length;
    for (; done < due; done += 1) {
      const member = members[done % members.length];
      if (member !== undefined) task(member);
    }
  }, tickMs);
  return { stop: () => clearInterval(timer) };
}

export interface RunningDisturbance extends Repeating {
  /** Resolves when no reader is paused by it any more. */
  readonly over: Promise<void>;
}

/** Returns how many readers the disturbance pauses: always the first ones of the list. */
export function disturbedCount(readers: number, disturbance: Disturbance | null): number {
  return disturbance?.kind === "slow" ? Math.max(1, Math.round(readers * disturbance.share)) : 0;
}

/** Starts a disturbance of the members; `stop` ends it early. */
export function disturb(members: readonly Member[], disturbance: Disturbance | null): RunningDisturbance {
  switch (disturbance?.kind) {
    case undefined:
      return { over: Promise.resolve(), stop: () => {} };
    case "slow":
      return pauseMembers(members.slice(0, disturbedCount(members.length, disturbance)), disturbance);
    case "flapping":
      return cutInTurn(members, disturbance);
  }
}

type DisturbanceOf<Kind> = Extract<Disturbance, { kind: Kind }>;

function pauseMembers(slow: readonly Member[], { afterMs, forMs }: DisturbanceOf<"slow">): RunningDisturbance {
  const { promise, resolve } = Promise.withResolvers<void>();
  const resume = (): void => {
    for (const { reader } of slow) reader?.resume();
    resolve();
  };
  const timers = [
    setTimeout(() => {
      for (const { reader } of slow) reader?.pause();
    }, afterMs),
    setTimeout(resume, afterMs + forMs),
  ];
  return {
    over: promise,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      resume();
    },
  };
}

/** Cuts each member repeatedly. When it is stopped, absent members reconnect at once. */
function cutInTurn(members: readonly Member[], { everyMs, awayMs }: DisturbanceOf<"flapping">): RunningDisturbance {
  const timers = new Set<NodeJS.Timeout>();
  const away = new Set<Member>();
  const after = (ms: number, task: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  };
  const reconnect = (member: Member): void => {
    if (away.delete(member)) void member.reconnect();
  };
  const cut = (member: Member): void => {
    away.add(member);
    member.cut();
    after(awayMs, () => reconnect(member));
    after(everyMs, () => cut(member));
  };
  members.forEach((member, number) => {
    after((everyMs * (number + 1)) / (members.length + 1), () => cut(member));
  });
  const stop = (): void => {
    for (const timer of timers) clearTimeout(timer);
    for (const member of away) reconnect(member);
  };
  return { over: Promise.resolve(), stop };
}
