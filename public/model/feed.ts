import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ConnectionState, Delivery } from "../../src/client/types.ts";
import type { Clock } from "../../src/clock.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { DurableEvent, Gap } from "../../src/protocol/events.ts";
import type { Members } from "../../src/protocol/http.ts";
import type { Epoch, MemberId } from "../../src/protocol/ids.ts";
import { between, createLedger, type Tally } from "./ledger.ts";
import type { Outbox } from "./outbox.ts";
import {
  after,
  createTypists,
  listed,
  NOBODY,
  type People,
  recounted,
  type Typists,
  withNewId,
  withTransport,
} from "./people.ts";
import { pendingKey } from "./rows.ts";
import { append, EMPTY, type Entry, eventKey, type Timeline } from "./timeline.ts";

/** Applies deliveries and connection states to everything the page shows of a room. */
export interface Feed {
  readonly timeline: Signal<Timeline>;
  readonly people: Signal<People>;
  readonly typists: Typists;
  readonly unread: Unread;
  /** The member this page is; null until it has joined. */
  readonly me: ReadonlySignal<MemberId | null>;
  /** The ids of `me` and of this page's earlier members: after a lost session it joins as a new one. */
  readonly selves: ReadonlySignal<ReadonlySet<MemberId>>;
  /** Counts the live messages of others. */
  readonly arrived: ReadonlySignal<number>;
  /** Counts the messages replayed to this page. */
  readonly replayed: ReadonlySignal<number>;
  readonly epoch: Epoch | null;
  /** Number of the newest event. */
  readonly high: number;
  /** Continues reading after `seq` of the log named by `epoch`. */
  start(epoch: Epoch, seq: number): void;
  /** Continues as another member, who replaces the old one in the list. */
  become(id: MemberId): void;
  /** Replaces the member list with what `request` returns, and applies events that arrived meanwhile. Null changes nothing. */
  loadMembers(request: () => Promise<Members | null>): Promise<void>;
  /** Applies deliveries in order, as one change. */
  take(deliveries: readonly Delivery[]): void;
  /** Remembers that the person chose `transport`, so that the note of the switch names the person. */
  switchRequested(transport: string): void;
  /** Handles a connection state. Adds a note to the timeline when the transport has changed. */
  onState(state: ConnectionState): void;
  /** Adds a note that events are missing here; null: an unknown number. */
  missed(missed: number | null): void;
}

interface Needs {
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Called when events no longer suffice for the list: a member, or a member's transport, is missing in it. */
  readonly onMembersUnknown: () => void;
}

export function createFeed({ outbox, clock, onMembersUnknown }: Needs): Feed {
  const timeline = signal<Timeline>(EMPTY);
  const people = signal<People>(NOBODY);
  const typists = createTypists(clock);
  const unread = createUnread();
  const me = signal<MemberId | null>(null);
  const selves = signal<ReadonlySet<MemberId>>(new Set());
  /** For each member list under way, the events that arrived meanwhile. */
  const recorders = new Set<DurableEvent[]>();
  const replayed = signal(0);
  const arrived = signal(0);
  const ledger = createLedger();
  let epoch: Epoch | null = null;
  /** The room was too large for an event per member. At the next `joined` it no longer is, and the list is reloaded. */
  let censused = false;
  let notes = 0;
  let requestedTransport: string | null = null;
  let usedTransport: string | null = null;
  /** The tally when the current switch began: with a second link, or with the loss of the first. */
  let tallyBeforeSwitch: Tally | null = null;
  let lastSwitch: { readonly before: Tally; readonly tally: Signal<Tally> } | null = null;

  function add(entries: readonly Entry[]): void {
    timeline.value = append(timeline.value, entries, !unread.looking.value);
  }

  function noteKey(): string {
    notes += 1;
    return `note-${notes}`;
  }

  function takeDurable(event: DurableEvent, { by, latencyMs }: Delivery): Entry | null {
    if (epoch === null || !ledger.take(event.seq)) return null;
    people.value = after(people.value, event);
    for (const recorded of recorders) recorded.push(event);
    const arrival = { by, latencyMs };
    if (event.type !== "message") {
      if (event.type === "left") typists.stopped(event.member.id);
      if (event.type === "joined" && (censused || event.via === undefined)) {
        censused = false;
        onMembersUnknown();
      }
      return { kind: "event", key: eventKey(epoch, event.seq), epoch, event, arrival };
    }
    typists.stopped(event.from.id);
    const own = selves.value.has(event.from.id);
    if (latencyMs === null) replayed.value += 1;
    else if (!own) arrived.value += 1;
    const pending = own ? outbox.arrived(event.id) : null;
    const key = pending === null ? eventKey(epoch, event.seq) : pendingKey(event.id);
    if (!own) unread.arrived(key);
    return { kind: "event", key, epoch, event, arrival, ...(pending === null ? {} : { sentAt: pending.at }) };
  }

  function takeGap(gap: Gap): Entry | null {
    const place = parseCursor(gap.cursor);
    if (place === null) return null;
    epoch = place.epoch;
    // Sequence numbers of the previous log mean nothing in this one.
    people.value = { ...people.value, asOf: 0 };
    ledger.gap(place.seq, gap.missed);
    onMembersUnknown();
    return { kind: "gap", key: noteKey(), missed: gap.missed };
  }

  function takeOne(delivery: Delivery): Entry | null {
    const { event } = delivery;
    switch (event.type) {
      case "message":
      case "joined":
      case "left":
        return takeDurable(event, delivery);
      case "gap":
        return takeGap(event);
      case "typing":
        if (!selves.value.has(event.member.id)) typists.started(event.member);
        return null;
      case "census":
        censused = true;
        // Fewer members than the list names: some left without a `left` event.
        if (event.count < people.value.byId.size) onMembersUnknown();
        people.value = recounted(people.value, event.count);
        return null;
    }
  }

  function addSwitchNote(from: string, to: string): void {
    const before = tallyBeforeSwitch ?? ledger.tally;
    const tally = signal(between(before, ledger.tally));
    lastSwitch = { before, tally };
    const requested = requestedTransport === to;
    add([{ kind: "switch", key: noteKey(), at: clock.wallNow(), from, to, requested, tally }]);
    requestedTransport = null;
  }

  return {
    timeline,
    people,
    typists,
    unread,
    me,
    selves,
    replayed,
    arrived,
    get epoch() {
      return epoch;
    },
    get high() {
      return ledger.high;
    },
    start(nextEpoch, seq) {
      epoch = nextEpoch;
      ledger.open(seq);
    },
    become(id) {
      batch(() => {
        if (me.value !== null) people.value = withNewId(people.value, me.value, id);
        me.value = id;
        selves.value = new Set(selves.value).add(id);
      });
    },
    async loadMembers(request) {
      const recorded: DurableEvent[] = [];
      recorders.add(recorded);
      try {
        const members = await request();
        if (members === null) return;
        const place = parseCursor(members.cursor);
        const asOf = place !== null && place.epoch === epoch ? place.seq : 0;
        people.value = recorded.reduce(after, listed(members, asOf));
      } finally {
        recorders.delete(recorded);
      }
    },
    take(deliveries) {
      batch(() => {
        add(deliveries.map(takeOne).filter((entry) => entry !== null));
        if (lastSwitch !== null) lastSwitch.tally.value = between(lastSwitch.before, ledger.tally);
      });
    },
    switchRequested(transport) {
      requestedTransport = transport;
    },
    onState(state) {
      if (state.kind === "live" && me.value !== null) {
        people.value = withTransport(people.value, me.value, state.transport);
      }
      if (state.kind !== "live" || state.switchingTo !== null) {
        tallyBeforeSwitch ??= ledger.tally;
        return;
      }
      // A link that was lost and came back over another transport is a switch too.
      if (usedTransport !== null && usedTransport !== state.transport) addSwitchNote(usedTransport, state.transport);
      usedTransport = state.transport;
      tallyBeforeSwitch = null;
    },
    missed(missed) {
      add([{ kind: "gap", key: noteKey(), missed }]);
    },
  };
}

/** Counts what arrived while nobody was looking. */
export interface Unread {
  readonly count: ReadonlySignal<number>;
  /** Key of the first unread entry, above which the unread line is drawn; null for none. */
  readonly firstKey: ReadonlySignal<string | null>;
  /** Whether the newest message is in view: the page is visible and the list is at its end. */
  readonly looking: ReadonlySignal<boolean>;
  setLooking(looking: boolean): void;
  /** Handles a message of another member. */
  arrived(key: string): void;
  /** Removes the unread line: the person has answered. */
  answered(): void;
}

function createUnread(): Unread {
  const count = signal(0);
  const firstKey = signal<string | null>(null);
  const looking = signal(true);
  return {
    count,
    firstKey,
    looking,
    setLooking(next) {
      looking.value = next;
      if (next) count.value = 0;
    },
    arrived(key) {
      if (looking.value) return;
      if (count.value === 0) firstKey.value = key;
      count.value += 1;
    },
    answered() {
      firstKey.value = null;
    },
  };
}
