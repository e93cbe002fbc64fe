import type { RoomLog } from "../../src/chat/log-port.ts";
import type { Settings } from "../../src/chat/settings.ts";
import { SqliteStore, type SqliteStoreOptions } from "../../src/log/sqlite/store.ts";
import type { DurableEvent } from "../../src/protocol/events.ts";
import { asCommandId, asMember, asRoom } from "../support/cast.ts";
import { Folder } from "../support/folder.ts";
import { ManualWorld } from "../support/manual-world.ts";

export const room = asRoom("lobby");
export const member = { id: asMember("m1"), name: "Ada" };
export const everything = { upTo: Number.MAX_SAFE_INTEGER, events: 1_000_000, bytes: 1_000_000_000 };

export interface Setting {
  readonly settings?: Partial<Settings>;
  readonly options?: Partial<SqliteStoreOptions>;
}

/** A file and the worlds of the processes that hold it one after the other. */
export class Place implements Disposable {
  readonly folder = new Folder();
  readonly file = this.folder.at("rooms.db");
  world = new ManualWorld();
  #open: SqliteStore | null = null;

  /** Opens the file as a new process would. */
  open({ settings = {}, options = {} }: Setting = {}): SqliteStore {
    const whole = { file: this.file, durability: "process", boot: "one", ...options } as const;
    this.#open = new SqliteStore(whole, this.world.core(settings));
    return this.#open;
  }

  /** Appends messages, all of them in one turn. */
  async say(log: RoomLog, count: number, text = "hi", from = member): Promise<readonly DurableEvent[]> {
    const waiting = Array.from({ length: count }, (_, n) => {
      const id = asCommandId(`c${log.head + n + 1}`);
      return log.append({ type: "message", id, from, text });
    });
    const all = Promise.all(waiting);
    await Promise.all([all.catch(() => undefined), this.world.turn()]);
    const last = Math.max(0, ...(await all));
    return log.before({ epoch: log.epoch, seq: last }, count);
  }

  [Symbol.dispose](): void {
    void this.#open?.close();
    this.folder[Symbol.dispose]();
  }
}

/** All seqs a log still gives. */
export async function seqsOf(log: RoomLog): Promise<number[]> {
  const read = await log.read({ epoch: log.epoch, seq: log.oldest - 1 }, everything);
  if (read.kind === "gap") throw new Error("the oldest place is a gap");
  return read.events.map(({ seq }) => seq);
}
