import type { ChatClient, ClosedBecause, ConnectionState, Delivery } from "../../src/client/types.ts";
import { parseCursor } from "../../src/protocol/cursor.ts";
import type { MemberId } from "../../src/protocol/ids.ts";
import type { Feed } from "./feed.ts";
import { type Kept, loadKept, saveKept } from "./kept.ts";
import type { Past } from "./past.ts";
import { listed } from "./people.ts";
import { createPump } from "./pump.ts";
import type { World } from "./world.ts";

/** This page's place in a room: opened, kept over a reload, opened again when the server has forgotten it. */
export interface Seat {
  /** Opens a session, or resumes the one this tab had. */
  open(): void;
  /** To be told when the client has ended. */
  closed(because: ClosedBecause): void;
  keep(): void;
  leave(): Promise<void>;
  close(): void;
}

interface Needs {
  readonly world: World;
  readonly entrance: { readonly room: string; readonly name: string; readonly key?: string };
  readonly feed: Feed;
  readonly past: Past;
  readonly choice: () => string;
  readonly onClient: (client: ChatClient) => void;
  readonly onState: (state: ConnectionState) => void;
  readonly onEntered: (client: ChatClient, resumed: boolean) => void;
  /** The client goes on as another member. */
  readonly onRenewed: () => void;
  readonly onRefused: (error: unknown) => void;
}

/** How often at most a new session is opened without being asked for. */
const AGAIN_MS = 10_000;
const KEEP_EVERY_MS = 1_000;

/** Endings after which the same person may come in again without harm to anybody: the server forgot the session. */
function isForgotten(because: ClosedBecause): boolean {
  if (because.kind === "expired") return true;
  return because.kind === "refused" && (because.code === "session_unknown" || because.code === "session_missing");
}

export function createSeat(needs: Needs): Seat {
  const { world, entrance, feed, past } = needs;
  let life = new AbortController();
  let client: ChatClient | null = null;
  let member: MemberId | null = null;
  let openedAt = Number.NEGATIVE_INFINITY;
  let keptAt = Number.NEGATIVE_INFINITY;

  function keep(): void {
    const resumption = client?.resumption ?? null;
    if (resumption === null || member === null) return;
    keptAt = world.now();
    saveKept(world.tab, { room: entrance.room, name: entrance.name, member, resumption });
  }

  function forget(): void {
    member = null;
    saveKept(world.tab, null);
  }

  async function read(from: ChatClient, signal: AbortSignal): Promise<void> {
    const pump = createPump<Delivery>((deliveries) => {
      feed.take(deliveries);
      if (world.now() - keptAt >= KEEP_EVERY_MS) keep();
    });
    for await (const delivery of from) {
      if (signal.aborted) break;
      pump.push(delivery);
    }
    pump.end();
  }

  /** `until`: how long the member is to be claimed; null: it is already. */
  function speakAs(id: MemberId, until: AbortSignal | null): void {
    member = id;
    feed.speakAs(id);
    if (until !== null) void world.claim(id, until);
  }

  /** Where the server has forgotten the session, the client goes on as another member of the same name. */
  function adopt(from: ChatClient, signal: AbortSignal): void {
    const id = from.member?.id;
    if (id === undefined || member === null || id === member) return;
    speakAs(id, signal);
    needs.onRenewed();
  }

  async function enter(kept: Kept | null, signal: AbortSignal): Promise<void> {
    const next = world.connect({
      url: world.server,
      ...entrance,
      transport: needs.choice(),
      choice: {
        load: () => world.browser.get("proven"),
        save: (name) => world.browser.set("proven", name),
      },
      signal,
      ...(kept === null ? {} : { resume: kept.resumption }),
    });
    client = next;
    needs.onClient(next);
    const unwatch = next.watch((state) => {
      if (signal.aborted) return;
      adopt(next, signal);
      needs.onState(state);
    });
    signal.addEventListener("abort", unwatch, { once: true });
    const info = await next.opened;
    if (signal.aborted) return;
    const cursor = info.resumed && kept !== null ? kept.resumption.cursor : info.cursor;
    const place = parseCursor(cursor);
    if (place === null) throw new Error(`The server named no place in the room's log, but ${cursor}. Reload the page.`);
    const changed = feed.epoch !== null && feed.epoch !== place.epoch;
    speakAs(info.member.id, info.resumed ? null : signal);
    feed.people.value = listed(info, parseCursor(info.cursor)?.seq ?? 0);
    feed.start(place.epoch, place.seq);
    if (changed) feed.missed(null);
    needs.onEntered(next, info.resumed);
    await past.begin(cursor);
    if (signal.aborted) return;
    keep();
    await read(next, signal);
  }

  async function open(): Promise<void> {
    life.abort();
    life = new AbortController();
    const { signal } = life;
    openedAt = world.now();
    const kept = loadKept(world.tab, entrance.room, entrance.name);
    try {
      const ours = kept !== null && (await world.claim(kept.member, signal));
      if (!signal.aborted) await enter(ours ? kept : null, signal);
    } catch (error) {
      if (!signal.aborted) needs.onRefused(error);
    }
  }

  return {
    open: () => void open(),
    closed(because) {
      if (because.kind === "closed") return;
      const wasIn = member !== null;
      forget();
      if (wasIn && isForgotten(because) && world.now() - openedAt > AGAIN_MS) void open();
    },
    keep,
    async leave() {
      forget();
      await client?.leave();
      life.abort();
    },
    close() {
      keep();
      life.abort();
    },
  };
}
