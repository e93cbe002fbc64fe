import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ChatClient, ClosedBecause, ConnectionState } from "../../src/client/types.ts";
import type { Clock } from "../../src/clock.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import type { TransportInfo } from "../../src/protocol/http.ts";
import { type Announcer, createAnnouncer } from "./announcer.ts";
import { createFeed, type Feed } from "./feed.ts";
import { dayKey, untilMidnight } from "./format.ts";
import { createHistory, type History } from "./history.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createMemberReload, sharedNames } from "./people.ts";
import { createRoomSession, type JoinDetails, type RoomSession } from "./room-session.ts";
import { type Row, rowsOf } from "./rows.ts";
import type { KeyValueStore } from "./storage.ts";
import type { KnownTransport, World } from "./world.ts";

/** The choice that leaves the transport to the client. */
export const AUTO = "auto";
const CHOICE_KEY = "transport";

/** A switch that failed. */
export interface SwitchProblem {
  readonly to: string;
  readonly why: string;
}

/** One room as the page shows it, across all its connections. */
export interface Room {
  readonly name: string;
  /** The room's key; empty for an open room. */
  readonly key: string;
  /** The name of this page's member. */
  readonly ownName: string;
  readonly clock: Clock;
  /** Counts the messages this page has sent. */
  readonly sent: ReadonlySignal<number>;
  readonly feed: Feed;
  readonly history: History;
  readonly outbox: Outbox;
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** Names that several people have, so that they need a tag. */
  readonly sharedNames: ReadonlySignal<ReadonlySet<string>>;
  /** A time of the current day, in ms since 1970. Changes at midnight. */
  readonly today: ReadonlySignal<number>;
  /** What a screen reader announces. */
  readonly announcer: Announcer;
  readonly state: ReadonlySignal<ConnectionState>;
  /** When `state` last changed, in ms since 1970. */
  readonly stateSince: ReadonlySignal<number>;
  /** Messages replayed since the previous link was lost. */
  readonly replayed: ReadonlySignal<number>;
  /** False until the server has let this page in for the first time. */
  readonly entered: ReadonlySignal<boolean>;
  /** The transports that can be used now, best first. */
  readonly transports: ReadonlySignal<readonly TransportInfo[]>;
  /** All registered transports. */
  readonly known: readonly KnownTransport[];
  /** Kept for this tab. */
  readonly tab: KeyValueStore;
  /** The chosen transport, or `auto`. */
  readonly choice: ReadonlySignal<string>;
  /** Why the last requested switch failed; null if it didn't. */
  readonly switchProblem: ReadonlySignal<SwitchProblem | null>;
  /** Why the server did not let this page in; null if it did, or has not answered yet. */
  readonly refusal: ReadonlySignal<unknown>;
  /** Whether the server refuses every call, because of the address the page was opened by. */
  readonly originRefused: ReadonlySignal<boolean>;
  say(text: string): void;
  typing(): void;
  /** Reports whether the end of the list is in view. */
  setAtEnd(atEnd: boolean): void;
  switchTo(choice: string): void;
  /** Opens another session after the client has closed. */
  rejoin(): void;
  leave(): Promise<void>;
  setVisible(visible: boolean): void;
  setOnline(online: boolean): void;
  /** Saves what the tab's next page load needs. */
  save(): void;
  /** Ends the connection. The session lingers on the server. */
  close(): void;
}

export function createRoom(world: World, details: JoinDetails): Room {
  const { clock } = world;
  const state = signal<ConnectionState>({ kind: "connecting", transport: null });
  const stateSince = signal(clock.wallNow());
  const entered = signal(false);
  const transports = signal<readonly TransportInfo[]>([]);
  const choice = signal(savedChoice(world));
  const switchProblem = signal<SwitchProblem | null>(null);
  const refusal = signal<unknown>(null);
  const wrongOrigin = signal(false);
  const replayedBefore: Signal<number> = signal(0);
  const sent = signal(0);
  const visible = signal(document.visibilityState === "visible");
  const endInView = signal(true);
  let client: ChatClient | null = null;

  const outbox = createOutbox({
    send: (text, id) => (client === null ? Promise.reject(new Error("Not connected.")) : client.send(text, { id })),
    store: world.tab,
    newId: world.newId,
    clock,
  });
  const feed = createFeed({ outbox, clock, onMembersUnknown: () => memberReload.request() });
  const history = createHistory(feed, (before, limit) =>
    client === null ? Promise.reject(new Error("Not connected.")) : client.history(before, limit),
  );
  const memberReload = createMemberReload(clock, loadMembers);
  const announcer = createAnnouncer(feed.arrived, clock);
  const today = createToday(clock);

  async function loadMembers(): Promise<void> {
    const asked = client;
    if (asked === null) return;
    await feed.loadMembers(async () => {
      const members = await asked.members();
      return asked === client ? members : null;
    });
  }

  function onState(next: ConnectionState): void {
    batch(() => {
      const before = state.value;
      if (before.kind === "live" && next.kind !== "live") replayedBefore.value = feed.replayed.value;
      if (before.kind !== next.kind || next.kind === "reconnecting" || isNewLink(before, next)) {
        stateSince.value = clock.wallNow();
      }
      state.value = next;
      feed.onState(next);
    });
    if (next.kind === "closed") session.onClosed(next.because);
  }

  const session: RoomSession = createRoomSession({
    world,
    details,
    feed,
    history,
    choice: () => choice.value,
    onClient: (next) => {
      client = next;
      transports.value = next.transports;
      next.setVisible(document.visibilityState === "visible");
      next.setOnline(navigator.onLine);
    },
    onState,
    onEntered: (next, resumed) => {
      transports.value = next.transports;
      // Messages this page load could not send are in the outbox already.
      if (!entered.value) outbox.restore(resumed);
      entered.value = true;
    },
    onNewMember: () => memberReload.request(),
    onRefused: (error) => void onRefused(error),
  });
  session.open();

  async function onRefused(error: unknown): Promise<void> {
    // A wrong key has the same code. It is the origin if calls that need no key are refused as well.
    const mayBeOrigin = error instanceof ProtocolError && error.code === "not_allowed";
    const origin = mayBeOrigin && (await world.refusesOrigin());
    batch(() => {
      wrongOrigin.value = origin;
      refusal.value = error;
    });
  }

  function end(): void {
    memberReload.end();
    feed.typists.end();
    announcer.end();
    today.end();
  }

  function choose(next: string): void {
    choice.value = next;
    world.browser.set(CHOICE_KEY, next);
  }

  async function switchTo(next: string): Promise<void> {
    const before = choice.value;
    choose(next);
    switchProblem.value = null;
    feed.switchRequested(next);
    try {
      await client?.switchTo(next);
    } catch (error) {
      // A later request replaced this one: its failure no longer matters.
      if (choice.value !== next) return;
      choose(before);
      switchProblem.value = { to: next, why: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    name: details.room,
    key: details.key ?? "",
    ownName: details.name,
    clock,
    sent,
    known: world.known,
    tab: world.tab,
    feed,
    history,
    outbox,
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
      const authors = feed.timeline.value.entries.flatMap((entry) =>
        entry.kind === "event" && entry.epoch === feed.epoch && entry.event.type === "message"
          ? [entry.event.from]
          : [],
      );
      return sharedNames([...feed.people.value.byId.values(), ...authors]);
    }),
    rows: computed(() =>
      rowsOf({
        entries: feed.timeline.value.entries,
        pending: feed.timeline.value.attached ? outbox.list.value : [],
        me: feed.me.value,
        firstUnread: feed.unread.firstKey.value,
      }),
    ),
    replayed: computed(() => feed.replayed.value - replayedBefore.value),
    say(text) {
      batch(() => {
        outbox.add(text);
        feed.unread.answered();
        sent.value += 1;
      });
    },
    typing: () => client?.typing(),
    setAtEnd(atEnd) {
      endInView.value = atEnd;
      feed.unread.setLooking(atEnd && visible.value);
    },
    switchTo: (next) => void switchTo(next),
    rejoin() {
      // The server doesn't offer the chosen transport. Keeping the choice would fail the same way.
      if (state.value.kind === "closed" && isNotOffered(state.value.because)) choose(AUTO);
      session.open();
    },
    leave: () => {
      end();
      return session.leave();
    },
    setVisible(next) {
      visible.value = next;
      today.check();
      feed.unread.setLooking(next && endInView.value);
      client?.setVisible(next);
    },
    setOnline: (online) => client?.setOnline(online),
    save: session.save,
    close: () => {
      end();
      session.close();
    },
  };
}

function isOriginRefused(state: ConnectionState): boolean {
  return (state.kind === "connecting" || state.kind === "reconnecting") && state.because?.kind === "origin_refused";
}

/** Whether two live states differ in their link, so that the status has news. */
function isNewLink(before: ConnectionState, next: ConnectionState): boolean {
  return before.kind === "live" && next.kind === "live" && before.since !== next.since;
}

/** Returns the transport chosen on an earlier visit, if this browser supports it. */
function savedChoice(world: World): string {
  const saved = world.browser.get(CHOICE_KEY);
  const usable = world.known.some(({ name, supported }) => supported && name === saved);
  return usable && saved !== null ? saved : AUTO;
}

function isNotOffered(because: ClosedBecause): boolean {
  return because.kind === "refused" && because.code === "not_found";
}

/** A timer is late by as long as the machine slept, so the day is checked at least this often. */
const CHECK_TODAY_MS = 60_000;

/** Follows the current day while the page is open. */
export function createToday(clock: Clock) {
  const at = signal(clock.wallNow());
  let cancel: (() => void) | null = null;
  const check = (): void => {
    cancel?.();
    const now = clock.wallNow();
    if (dayKey(now) !== dayKey(at.peek())) at.value = now;
    cancel = clock.after(Math.min(CHECK_TODAY_MS, untilMidnight(now)), check);
  };
  check();
  return { at, check, end: () => cancel?.() };
}
