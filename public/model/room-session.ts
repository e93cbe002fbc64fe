import type { ChatClient, ClosedBecause, ConnectionState, ConnectOptions, Delivery } from "../../src/client/types.ts";
import type { Clock } from "../../src/clock.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { MemberId } from "../../src/protocol/ids.ts";
import type { Feed } from "./feed.ts";
import type { History } from "./history.ts";
import { listed } from "./people.ts";
import { loadSession, type SavedSession, saveSession } from "./storage.ts";
import type { World } from "./world.ts";

/** What a person joins with. */
export type JoinDetails = Pick<ConnectOptions, "room" | "name" | "key">;

/** This page's session in a room. It survives a reload, and opens again when the server has forgotten it. */
export interface RoomSession {
  /** Opens a session, or resumes the one this tab saved. */
  open(): void;
  /** Handles the end of the client. */
  onClosed(because: ClosedBecause): void;
  /** Saves the session for the next page load. */
  save(): void;
  leave(): Promise<void>;
  close(): void;
}

interface Needs {
  readonly world: World;
  readonly details: JoinDetails;
  readonly feed: Feed;
  readonly history: History;
  /** The chosen transport, or `auto`. */
  readonly choice: () => string;
  readonly onClient: (client: ChatClient) => void;
  readonly onState: (state: ConnectionState) => void;
  readonly onEntered: (client: ChatClient, resumed: boolean) => void;
  /** The client continues as another member. */
  readonly onNewMember: () => void;
  readonly onRefused: (error: unknown) => void;
}

/** Without a request by the person, a new session is opened at most this often. */
const REOPEN_MS = 10_000;
const SAVE_EVERY_MS = 1_000;

/** Whether the server forgot the session. Then the page may join again by itself: that can't end a session in use. */
function isForgotten(because: ClosedBecause): boolean {
  if (because.kind === "expired") return true;
  return because.kind === "refused" && (because.code === "session_unknown" || because.code === "session_missing");
}

export function createRoomSession(needs: Needs): RoomSession {
  const { world, details, feed, history } = needs;
  const { clock } = world;
  let lifetime = new AbortController();
  let client: ChatClient | null = null;
  let member: MemberId | null = null;
  let openedAt = Number.NEGATIVE_INFINITY;
  let savedAt = Number.NEGATIVE_INFINITY;

  function save(): void {
    const resumption = client?.resumption ?? null;
    if (resumption === null || member === null) return;
    savedAt = clock.monotonicNow();
    saveSession(world.tab, { room: details.room, name: details.name, member, resumption });
  }

  function forget(): void {
    member = null;
    saveSession(world.tab, null);
  }

  async function read(from: ChatClient, signal: AbortSignal): Promise<void> {
    const batcher = createBatcher<Delivery>(clock, (deliveries) => {
      feed.take(deliveries);
      if (clock.monotonicNow() - savedAt >= SAVE_EVERY_MS) save();
    });
    for await (const delivery of from) {
      if (signal.aborted) break;
      batcher.push(delivery);
    }
    batcher.end();
  }

  /** `until`: how long to claim the member; null if it is claimed already. */
  function become(id: MemberId, until: AbortSignal | null): void {
    member = id;
    feed.become(id);
    if (until !== null) void world.claim(id, until);
  }

  /** If the server has forgotten the session, the client continues as another member of the same name. */
  function adoptNewMember(from: ChatClient, signal: AbortSignal): void {
    const id = from.member?.id;
    if (id === undefined || member === null || id === member) return;
    become(id, signal);
    needs.onNewMember();
  }

  async function enter(saved: SavedSession | null, signal: AbortSignal): Promise<void> {
    const next = world.connect({
      url: world.server,
      ...details,
      transport: needs.choice(),
      choice: {
        load: () => world.browser.get("proven"),
        save: (name) => world.browser.set("proven", name),
      },
      signal,
      ...(saved === null ? {} : { resume: saved.resumption }),
    });
    client = next;
    needs.onClient(next);
    const unwatch = next.watch((state) => {
      if (signal.aborted) return;
      adoptNewMember(next, signal);
      needs.onState(state);
    });
    signal.addEventListener("abort", unwatch, { once: true });
    const info = await next.opened;
    if (signal.aborted) return;
    const cursor = info.resumed && saved !== null ? saved.resumption.cursor : info.cursor;
    const place = parseCursor(cursor);
    if (place === null) throw new Error(`The server sent a cursor that can't be read: ${cursor}. Reload the page.`);
    const newLog = feed.epoch !== null && feed.epoch !== place.epoch;
    become(info.member.id, info.resumed ? null : signal);
    feed.people.value = listed(info, parseCursor(info.cursor)?.seq ?? 0);
    feed.start(place.epoch, place.seq);
    if (newLog) feed.missed(null);
    needs.onEntered(next, info.resumed);
    await history.begin(cursor);
    if (signal.aborted) return;
    save();
    await read(next, signal);
  }

  async function open(): Promise<void> {
    lifetime.abort();
    lifetime = new AbortController();
    const { signal } = lifetime;
    openedAt = clock.monotonicNow();
    const saved = loadSession(world.tab, details.room, details.name);
    try {
      const claimed = saved !== null && (await world.claim(saved.member, signal));
      if (!signal.aborted) await enter(claimed ? saved : null, signal);
    } catch (error) {
      if (!signal.aborted) needs.onRefused(error);
    }
  }

  return {
    open: () => void open(),
    onClosed(because) {
      if (because.kind === "closed") return;
      const wasMember = member !== null;
      forget();
      if (wasMember && isForgotten(because) && clock.monotonicNow() - openedAt > REOPEN_MS) void open();
    },
    save,
    async leave() {
      forget();
      await client?.leave();
      lifetime.abort();
    },
    close() {
      save();
      lifetime.abort();
    },
  };
}

/** Collects items and hands them over together: once per frame or, without frames, ten times a second. */
interface Batcher<Item> {
  push(item: Item): void;
  /** Hands over the rest and stops. */
  end(): void;
}

/** A hidden page draws no frames, but its title counts unread messages. */
const HIDDEN_EVERY_MS = 100;

function createBatcher<Item>(clock: Clock, take: (items: readonly Item[]) => void): Batcher<Item> {
  let waiting: Item[] = [];
  let frame = 0;
  let cancelTimer: (() => void) | null = null;

  function flush(): void {
    cancelAnimationFrame(frame);
    cancelTimer?.();
    frame = 0;
    cancelTimer = null;
    const items = waiting;
    waiting = [];
    if (items.length > 0) take(items);
  }

  return {
    push(item) {
      waiting.push(item);
      if (cancelTimer !== null) return;
      frame = requestAnimationFrame(flush);
      cancelTimer = clock.after(HIDDEN_EVERY_MS, flush);
    },
    end: flush,
  };
}
