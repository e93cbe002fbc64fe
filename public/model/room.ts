import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ChatClient, ClosedBecause, ConnectionState } from "../../src/client/types.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import type { TransportInfo } from "../../src/protocol/http.ts";
import { type Announcer, createAnnouncer } from "./announcer.ts";
import { createFeed, type Feed } from "./feed.ts";
import { dayKey, untilMidnight } from "./format.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createPast, type Past } from "./past.ts";
import { reads, sharedNames } from "./people.ts";
import { createRoster } from "./roster.ts";
import { type Row, rowsOf } from "./rows.ts";
import { createSeat, type Seat } from "./seat.ts";
import type { Shelf } from "./shelf.ts";
import { createSwitches } from "./switches.ts";
import { createTypists, type Typists } from "./typists.ts";
import { createUnread, type Unread } from "./unread.ts";
import type { KnownTransport, World } from "./world.ts";

/** What a person has chosen to read by: a transport's name, or `auto`. */
export const AUTO = "auto";
const CHOICE = "transport";

/** A switch that failed. */
export interface SwitchProblem {
  readonly to: string;
  readonly why: string;
}

/** One room as the page sees it, across all its connections. */
export interface Room {
  readonly name: string;
  /** The key that opens it; empty: it is open to all. */
  readonly key: string;
  /** The name this page speaks by. */
  readonly as: string;
  /** Counts what was said here by this page. */
  readonly said: ReadonlySignal<number>;
  readonly feed: Feed;
  readonly past: Past;
  readonly outbox: Outbox;
  readonly typists: Typists;
  readonly unread: Unread;
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** Names that do not say who is meant: somebody else has them as well. */
  readonly sharedNames: ReadonlySignal<ReadonlySet<string>>;
  /** A time of the present day, in ms since 1970; changes at midnight. */
  readonly today: ReadonlySignal<number>;
  /** What a screen reader is to read out. */
  readonly announcer: Announcer;
  readonly state: ReadonlySignal<ConnectionState>;
  /** Milliseconds since 1970 of the last change of `state`. */
  readonly stateSince: ReadonlySignal<number>;
  /** Messages replayed since the link before this one was lost. */
  readonly replayed: ReadonlySignal<number>;
  /** False until the server has let this page in for the first time. */
  readonly entered: ReadonlySignal<boolean>;
  /** Those that can be used now, best first. */
  readonly transports: ReadonlySignal<readonly TransportInfo[]>;
  /** All that this page has heard of. */
  readonly known: readonly KnownTransport[];
  /** Kept for this tab. */
  readonly tab: Shelf;
  readonly choice: ReadonlySignal<string>;
  /** Why the last wish to switch was not granted; null: it was. */
  readonly switchProblem: ReadonlySignal<SwitchProblem | null>;
  /** Why the server did not let this page in; null: it did, or has not answered yet. */
  readonly refusal: ReadonlySignal<unknown>;
  /** The server refuses whatever this page asks, because of the address the page was opened by. */
  readonly originRefused: ReadonlySignal<boolean>;
  say(text: string): void;
  typing(): void;
  /** Whether the newest message is in view, as far as the list knows. */
  atEnd(reached: boolean): void;
  switchTo(choice: string): void;
  /** Opens another session after the client has closed. */
  rejoin(): void;
  leave(): Promise<void>;
  setVisible(visible: boolean): void;
  setOnline(online: boolean): void;
  /** Writes down what the next life of this tab needs. */
  keep(): void;
  /** Ends the connection; the session lingers. */
  close(): void;
}

interface Entrance {
  readonly room: string;
  readonly name: string;
  readonly key?: string;
}

export function createRoom(world: World, entrance: Entrance): Room {
  const state = signal<ConnectionState>({ kind: "connecting", transport: null });
  const stateSince = signal(world.now());
  const entered = signal(false);
  const transports = signal<readonly TransportInfo[]>([]);
  const choice = signal(keptChoice(world));
  const switchProblem = signal<SwitchProblem | null>(null);
  const refusal = signal<unknown>(null);
  const wrongOrigin = signal(false);
  const replayedBefore: Signal<number> = signal(0);
  const said = signal(0);
  const visible = signal(document.visibilityState === "visible");
  const endInView = signal(true);
  const unread = createUnread();
  const typists = createTypists();
  let client: ChatClient | null = null;

  const outbox = createOutbox({
    send: (text, id) => (client === null ? Promise.reject(new Error("Not connected.")) : client.send(text, { id })),
    shelf: world.tab,
    newId: world.newId,
    now: world.now,
  });
  const feed = createFeed({ outbox, typists, unread, now: world.now, onPeopleUnknown: () => roster.ask() });
  const past = createPast(feed, (before, limit) =>
    client === null ? Promise.reject(new Error("Not connected.")) : client.history(before, limit),
  );
  const switches = createSwitches(feed);
  const roster = createRoster(feed, () => client);
  const announcer = createAnnouncer(feed.arrived);
  const today = createToday(world.now);

  function see(next: ConnectionState): void {
    batch(() => {
      const before = state.value;
      if (before.kind === "live" && next.kind !== "live") replayedBefore.value = feed.replayed.value;
      if (before.kind !== next.kind || next.kind === "reconnecting" || isNews(before, next))
        stateSince.value = world.now();
      state.value = next;
      switches.see(next);
      if (next.kind === "live" && feed.me.value !== null) {
        feed.people.value = reads(feed.people.value, feed.me.value, next.transport);
      }
    });
    if (next.kind === "closed") seat.closed(next.because);
  }

  const seat: Seat = createSeat({
    world,
    entrance,
    feed,
    past,
    choice: () => choice.value,
    onClient: (next) => {
      client = next;
      transports.value = next.transports;
      next.setVisible(document.visibilityState === "visible");
      next.setOnline(navigator.onLine);
    },
    onState: see,
    onEntered: (next, resumed) => {
      transports.value = next.transports;
      // What this page itself could not send is in the outbox already.
      if (!entered.value) outbox.restore(resumed);
      entered.value = true;
    },
    onRenewed: () => roster.ask(),
    onRefused: (error) => void refused(error),
  });
  seat.open();

  async function refused(error: unknown): Promise<void> {
    // A wrong key has the same code. It is the origin if calls that need no key are refused as well.
    const mayBeOrigin = error instanceof ProtocolError && error.code === "not_allowed";
    const origin = mayBeOrigin && (await world.refusesOrigin());
    batch(() => {
      wrongOrigin.value = origin;
      refusal.value = error;
    });
  }

  function end(): void {
    roster.end();
    typists.clear();
    announcer.end();
    today.end();
  }

  function choose(next: string): void {
    choice.value = next;
    world.browser.set(CHOICE, next);
  }

  async function wish(next: string): Promise<void> {
    const before = choice.value;
    choose(next);
    switchProblem.value = null;
    switches.asked(next);
    try {
      await client?.switchTo(next);
    } catch (error) {
      // Another wish came first: then this one's end is no news.
      if (choice.value !== next) return;
      choose(before);
      switchProblem.value = { to: next, why: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    name: entrance.room,
    key: entrance.key ?? "",
    as: entrance.name,
    said,
    known: world.known,
    tab: world.tab,
    feed,
    past,
    outbox,
    typists,
    unread,
    state,
    stateSince,
    entered,
    transports,
    choice,
    switchProblem,
    refusal,
    originRefused: computed(() => wrongOrigin.value || (!entered.value && isOriginRefused(state.value))),
    today: today.at,
    announcer,
    sharedNames: computed(() => {
      const said = feed.timeline.value.entries.flatMap((entry) =>
        entry.kind === "event" && entry.epoch === feed.epoch && entry.event.type === "message"
          ? [entry.event.from]
          : [],
      );
      return sharedNames([...feed.people.value.byId.values(), ...said]);
    }),
    rows: computed(() =>
      rowsOf({
        entries: feed.timeline.value.entries,
        pending: feed.timeline.value.attached ? outbox.list.value : [],
        me: feed.me.value,
        unread: unread.line.value,
      }),
    ),
    replayed: computed(() => feed.replayed.value - replayedBefore.value),
    say(text) {
      batch(() => {
        outbox.add(text);
        unread.answered();
        said.value += 1;
      });
    },
    typing: () => client?.typing(),
    atEnd(reached) {
      endInView.value = reached;
      unread.look(reached && visible.value);
    },
    switchTo: (next) => void wish(next),
    rejoin() {
      // What was chosen is not offered here; insisting on it would end the same way.
      if (state.value.kind === "closed" && isNotOffered(state.value.because)) choose(AUTO);
      seat.open();
    },
    leave: () => {
      end();
      return seat.leave();
    },
    setVisible(seen) {
      visible.value = seen;
      today.check();
      unread.look(seen && endInView.value);
      client?.setVisible(seen);
    },
    setOnline: (online) => client?.setOnline(online),
    keep: seat.keep,
    close: () => {
      end();
      seat.close();
    },
  };
}

function isOriginRefused(state: ConnectionState): boolean {
  return (state.kind === "connecting" || state.kind === "reconnecting") && state.because?.kind === "origin_refused";
}

/** A timer may be late by as long as the machine has slept: looked at again this often. */
const TODAY_EVERY_MS = 60_000;

/** The present day, for as long as the page is open. */
export function createToday(now: () => number) {
  const at = signal(now());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = (): void => {
    clearTimeout(timer);
    const present = now();
    if (dayKey(present) !== dayKey(at.peek())) at.value = present;
    timer = setTimeout(check, Math.min(TODAY_EVERY_MS, untilMidnight(present)));
  };
  check();
  return { at, check, end: () => clearTimeout(timer) };
}

/** Whether a live link has something new to say. */
function isNews(before: ConnectionState, next: ConnectionState): boolean {
  return before.kind === "live" && next.kind === "live" && before.since !== next.since;
}

/** The transport chosen at an earlier visit, as far as this browser can use it. */
function keptChoice(world: World): string {
  const kept = world.browser.get(CHOICE);
  const usable = world.known.some(({ name, supported }) => supported && name === kept);
  return usable && kept !== null ? kept : AUTO;
}

function isNotOffered(because: ClosedBecause): boolean {
  return because.kind === "refused" && because.code === "not_found";
}
