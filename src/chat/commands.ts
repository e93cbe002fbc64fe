import { refuse } from "../protocol/check.ts";
import type { Command, RepliedCommand, Reply, Say } from "../protocol/commands.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Core } from "./core.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import { Volume } from "./volume.ts";

/** What carrying out a command needs of the hub. */
export interface Doorkeeper {
  readonly draining: boolean;
  /** Makes the session's member present in its room: at once if it is, else when its join is stored. */
  enter(session: Session, transport: string | undefined): Room | Promise<Room>;
  /** Ends the session; resolves to the seq of `left`, if one was appended. */
  end(session: Session): Promise<number | undefined>;
}

/** Carries out commands. What can be refused is an answer; only the server's own failure is reported as well. */
export class Commands {
  readonly #doorkeeper: Doorkeeper;
  readonly #rooms: Rooms;
  readonly #core: Core;
  readonly #volume: Volume;

  constructor(doorkeeper: Doorkeeper, rooms: Rooms, core: Core) {
    this.#doorkeeper = doorkeeper;
    this.#rooms = rooms;
    this.#core = core;
    this.#volume = new Volume(core.settings, core.clock.monotonicNow);
  }

  /** `via` is the transport the command's event will name. */
  async execute(session: Session, command: Command, via: string | undefined): Promise<Reply | null> {
    session.touch();
    if (command.type === "alive") {
      session.alive();
      return null;
    }
    if (session.ended || session.leaving) return refuse(command.id, "session_unknown");
    try {
      return await this.#carryOut(session, command, via);
    } catch (error) {
      if (error instanceof ProtocolError) return refuse(command.id, error.code, error);
      this.#core.report(error);
      return refuse(command.id, "internal");
    }
  }

  #carryOut(session: Session, command: RepliedCommand, via: string | undefined): Promise<Reply> {
    switch (command.type) {
      case "say":
        return this.#rooms
          .of(session)
          .dedupe.once(session.author.id, command.id, () => this.#say(session, command, via));
      case "typing":
        return this.#typing(session, command.id, via);
      case "leave":
        return this.#leave(session, command.id);
    }
  }

  async #say(session: Session, { id, text }: Say, via: string | undefined): Promise<Reply> {
    this.#admit(session);
    this.#volume.count(session, text);
    this.#rooms.makeWay();
    const draft = { type: "message", id, from: session.author, text } as const;
    const { room, began, stored } = await this.#inRoom(session, via, (room) => {
      const began = this.#core.clock.monotonicNow();
      return { room, began, stored: room.append(via === undefined ? draft : { ...draft, via }) };
    });
    const event = await stored;
    const elapsed = this.#core.clock.monotonicNow();
    this.#core.meter.appended(elapsed - began);
    room.dedupe.remember(session.author.id, id, event.seq, elapsed, room.oldest);
    return { type: "ok", id, seq: event.seq };
  }

  async #typing(session: Session, id: Say["id"], via: string | undefined): Promise<Reply> {
    this.#admit(session);
    await this.#inRoom(session, via, (room) => {
      const elapsed = this.#core.clock.monotonicNow();
      if (session.typedAt !== null && elapsed - session.typedAt < this.#core.settings.typingEveryMs) return;
      session.typedAt = elapsed;
      room.pass({ type: "typing", at: this.#core.clock.wallNow(), member: session.author });
    });
    return { type: "ok", id };
  }

  /** Runs `act` in the session's room, in the order of its commands: in this turn if the member is present. */
  #inRoom<Result>(session: Session, via: string | undefined, act: (room: Room) => Result): Result | Promise<Result> {
    return session.inOrder(() => {
      const room = this.#doorkeeper.enter(session, via);
      return room instanceof Promise ? room.then(act) : act(room);
    });
  }

  async #leave(session: Session, id: Say["id"]): Promise<Reply> {
    const seq = await this.#doorkeeper.end(session);
    return seq === undefined ? { type: "ok", id } : { type: "ok", id, seq };
  }

  #admit(session: Session): void {
    if (this.#doorkeeper.draining) throw new ProtocolError("draining", { retryAfterMs: 1_000 });
    const waitMs = session.commands?.take(this.#core.clock.monotonicNow()) ?? 0;
    if (waitMs > 0) throw new ProtocolError("too_many", { retryAfterMs: waitMs });
  }
}
