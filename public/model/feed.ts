import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Delivery } from "../../src/client/types.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { Gap, NumberedEvent } from "../../src/protocol/events.ts";
import type { Members } from "../../src/protocol/http.ts";
import type { Epoch, MemberId } from "../../src/protocol/ids.ts";
import { between, createLedger, type Tally } from "./ledger.ts";
import type { Outbox } from "./outbox.ts";
import { after, listed, NOBODY, type People, recounted, renamed } from "./people.ts";
import { pendingKey } from "./rows.ts";
import { append, EMPTY, type Entry, eventKey, type Timeline } from "./timeline.ts";
import type { Typists } from "./typists.ts";
import type { Unread } from "./unread.ts";

/** All that is known of the room's log: what the page shows is computed from these signals. */
export interface Feed {
  readonly timeline: Signal<Timeline>;
  readonly people: Signal<People>;
  /** The member this page speaks as; null until it is in. */
  readonly me: ReadonlySignal<MemberId | null>;
  /** That member and those this page spoke as before: the server may forget a session. */
  readonly selves: ReadonlySignal<ReadonlySet<MemberId>>;
  /** Messages by others that came as they were sent, all in all. */
  readonly arrived: ReadonlySignal<number>;
  /** Messages replayed to this page, all in all. */
  readonly replayed: ReadonlySignal<number>;
  readonly epoch: Epoch | null;
  /** Number of the newest event. */
  readonly high: number;
  /** Reading goes on after `seq` of the log named by `epoch`. */
  start(epoch: Epoch, seq: number): void;
  /** This page goes on as another member, who takes the old one's place in the list. */
  speakAs(id: MemberId): void;
  /** Puts the list of members in place that `ask` brings; what comes while it is under way is newer. Null: leaves all. */
  list(ask: () => Promise<Members | null>): Promise<void>;
  /** Takes in what came, in order, as one change. */
  take(deliveries: readonly Delivery[]): void;
  /** What was lost and duplicated so far. */
  readonly tally: Tally;
  /** Tells a switch at this place of the talk. `before`: the count when it began. */
  switched(from: string, to: string, asked: boolean, before: Tally): void;
  /** Tells at this place of the talk that something was missed. */
  missed(missed: number | null): void;
}

interface Needs {
  readonly outbox: Outbox;
  readonly typists: Typists;
  readonly unread: Unread;
  readonly now: () => number;
  /** The list can't be kept by hand: somebody is missing in it, or what somebody reads by. */
  readonly onPeopleUnknown: () => void;
}

export function createFeed({ outbox, typists, unread, now, onPeopleUnknown }: Needs): Feed {
  const timeline = signal<Timeline>(EMPTY);
  const people = signal<People>(NOBODY);
  const me = signal<MemberId | null>(null);
  const selves = signal<ReadonlySet<MemberId>>(new Set());
  /** What came while a list of members was being asked for, by each who asks. */
  const recorders = new Set<NumberedEvent[]>();
  const replayed = signal(0);
  const arrived = signal(0);
  const ledger = createLedger();
  let epoch: Epoch | null = null;
  let censused = false;
  let notes = 0;
  let open: { readonly before: Tally; readonly tally: Signal<Tally> } | null = null;

  function add(entries: readonly Entry[]): void {
    timeline.value = append(timeline.value, entries, !unread.looking.value);
  }

  function noteKey(): string {
    notes += 1;
    return `note-${notes}`;
  }

  function takeNumbered(event: NumberedEvent, { by, latencyMs }: Delivery): Entry | null {
    if (epoch === null || !ledger.take(event.seq)) return null;
    people.value = after(people.value, event);
    for (const recorded of recorders) recorded.push(event);
    const heard = { by, latencyMs };
    if (event.type !== "message") {
      if (event.type === "left") typists.stopped(event.member.id);
      if (event.type === "joined" && (censused || event.via === undefined)) {
        censused = false;
        onPeopleUnknown();
      }
      return { kind: "event", key: eventKey(epoch, event.seq), epoch, event, heard };
    }
    typists.stopped(event.from.id);
    const own = selves.value.has(event.from.id);
    if (latencyMs === null) replayed.value += 1;
    else if (!own) arrived.value += 1;
    const awaited = own ? outbox.arrived(event.id) : null;
    const key = awaited === null ? eventKey(epoch, event.seq) : pendingKey(event.id);
    if (!own) unread.came(key);
    return { kind: "event", key, epoch, event, heard, ...(awaited === null ? {} : { saidAt: awaited.at }) };
  }

  function takeGap(gap: Gap): Entry | null {
    const place = parseCursor(gap.cursor);
    if (place === null) return null;
    epoch = place.epoch;
    // Numbers of the log before this one say nothing here.
    people.value = { ...people.value, asOf: 0 };
    ledger.gap(place.seq, gap.missed);
    onPeopleUnknown();
    return { kind: "gap", key: noteKey(), missed: gap.missed };
  }

  function takeOne(delivery: Delivery): Entry | null {
    const { event } = delivery;
    switch (event.type) {
      case "message":
      case "joined":
      case "left":
        return takeNumbered(event, delivery);
      case "gap":
        return takeGap(event);
      case "typing":
        if (!selves.value.has(event.member.id)) typists.heard(event.member);
        return null;
      case "census":
        censused = true;
        // Fewer than are named: some of those named have gone without a word.
        if (event.count < people.value.byId.size) onPeopleUnknown();
        people.value = recounted(people.value, event.count);
        return null;
    }
  }

  return {
    timeline,
    people,
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
    speakAs(id) {
      batch(() => {
        if (me.value !== null) people.value = renamed(people.value, me.value, id);
        me.value = id;
        selves.value = new Set(selves.value).add(id);
      });
    },
    async list(ask) {
      const recorded: NumberedEvent[] = [];
      recorders.add(recorded);
      try {
        const members = await ask();
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
        if (open !== null) open.tally.value = between(open.before, ledger.tally);
      });
    },
    get tally() {
      return ledger.tally;
    },
    switched(from, to, asked, before) {
      open = { before, tally: signal(between(before, ledger.tally)) };
      add([{ kind: "switch", key: noteKey(), at: now(), from, to, asked, tally: open.tally }]);
    },
    missed(missed) {
      add([{ kind: "gap", key: noteKey(), missed }]);
    },
  };
}
