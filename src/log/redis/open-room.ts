import type { Core } from "../../chat/core.ts";
import type { RoomKeyHash } from "../../chat/room-key.ts";
import { newEpoch } from "../../protocol/cursor.ts";
import type { Epoch, RoomName } from "../../protocol/ids.ts";
import type { Opened, RoomScripts, Snapshot, StoredEvent } from "./scripts.ts";

// How a process comes to a room in Redis: it opens it, creates it, or takes part in the beginning of a new epoch.

/** One page of events from Redis. */
const PAGE = { events: 500, bytes: 1_048_576 } as const;

/** A room, and what reaches it. */
export interface RoomParts {
  readonly room: RoomName;
  readonly core: Core;
  readonly scripts: RoomScripts;
  /** Names this process in what it publishes. */
  readonly node: string;
}

/** Resolves to a room with its newest events, created if needed. */
export async function openRoom(parts: RoomParts, keyHash: RoomKeyHash | null): Promise<Snapshot> {
  for (;;) {
    const opened = await openOrCreate(parts, keyHash, null);
    if (opened.kind === "open") return opened.snapshot;
    await beginEpoch(parts, () => ({ epoch: opened.epoch, past: [], events: [] }));
  }
}

/** Opens a room, also while Redis accepts no writes. Creates it with this key hash, and a new epoch, if there is none. */
export async function openOrCreate(
  { scripts, room, core }: RoomParts,
  keyHash: RoomKeyHash | null,
  after: number | null,
): Promise<Exclude<Opened, { readonly kind: "absent" }>> {
  for (const create of [null, { epoch: newEpoch(core.random), keyHash }]) {
    const opened = await scripts.open(room, { create, after, ...PAGE });
    if (opened.kind !== "absent") return opened;
  }
  throw new TypeError(`Room ${room} was not created.`);
}

/** Begins a new epoch together with all other processes. `known` is what this process can put back. */
export async function beginEpoch(
  { scripts, room, node, core }: RoomParts,
  known: () => { readonly epoch: Epoch; readonly past: Snapshot["past"]; readonly events: readonly StoredEvent[] },
): Promise<void> {
  for (let head = Number.POSITIVE_INFINITY; ; ) {
    const { epoch, past, events } = known();
    const offer = events.filter(({ seq }) => seq > head);
    const begun = await scripts.begin(room, node, { newEpoch: newEpoch(core.random), epoch, past, events: offer });
    if (begun.kind !== "wait") return;
    head = begun.head;
    await new Promise<void>((resolve) => core.clock.after(Math.min(begun.ms, 100), resolve));
  }
}
