import { refuse } from "../protocol/check.ts";
import type { Command, RepliedCommand, Reply, Say } from "../protocol/commands.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { CommandId } from "../protocol/ids.ts";
import type { Core } from "./core.ts";
import { costInMemory, sizeOf } from "./log-port.ts";
import { VolumeLimit } from "./rate.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** Estimated bytes of a message's JSON beside its text: field names, ids, a name, a time. */
const FIELDS_BYTES = 128;

/** Executes commands. A refused command gets the reply `refused`. Only a failure of the server is also reported. */
export class Commands {
  readonly #sessions: Sessions;
  readonly #core: Core;
  readonly #volume: VolumeLimit<Session>;
  readonly #inFlight = new Map<string, Promise<Reply>>();

  constructor(sessions: Sessions, core: Core) {
    this.#sessions = sessions;
    this.#core = core;
    const { sessionBytesPerMinute, addressBytesPerMinute } = core.settings;
    this.#volume = new VolumeLimit(sessionBytesPerMinute, addressBytesPerMinute);
  }

  /** Executes one command of a session. `carrier`: the duplex transport that carried it; undefined: it came by POST. */
  async execute(session: Session, command: Command, carrier: string | undefined): Promise<Reply | null> {
    session.touch();
    if (command.type === "alive") {
      session.onAlive();
      return null;
    }
    if (session.ended || session.leaving) return refuse(command.id, "session_unknown");
    try {
      return await this.#execute(session, command, carrier);
    } catch (error) {
      if (error instanceof ProtocolError) return refuse(command.id, error.code, error);
      this.#core.report(error);
      return refuse(command.id, "internal");
    }
  }

  #execute(session: Session, command: RepliedCommand, carrier: string | undefined): Promise<Reply> {
    switch (command.type) {
      case "say":
        return this.#once(session, command.id, () => this.#say(session, command, carrier));
      case "typing":
        return this.#typing(session, command.id, carrier);
      case "leave":
        return this.#leave(session, command.id);
    }
  }

  /** A duplicate of a command in flight shares its outcome. */
  #once(session: Session, id: CommandId, execute: () => Promise<Reply>): Promise<Reply> {
    const key = `${session.author.id} ${id}`;
    const running = this.#inFlight.get(key);
    if (running !== undefined) return running;
    const outcome = execute().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, outcome);
    return outcome;
  }

  async #say(session: Session, { id, text }: Say, carrier: string | undefined): Promise<Reply> {
    const known = this.#sessions.rooms.of(session);
    // Opened in order, so that a later command of the session does not overtake this one.
    const open = known instanceof Promise ? await session.inOrder(() => known) : known;
    const storedSeq = open.replyTo(session.author.id, id);
    if (storedSeq !== undefined) return { type: "ok", id, seq: storedSeq };
    try {
      this.#admit(session);
      const bytes = costInMemory(FIELDS_BYTES + sizeOf(JSON.stringify(text)));
      this.#volume.count(session, session.owner, bytes, this.#core.clock.monotonicNow());
    } catch (error) {
      // A copy does not count against the limits. Another process may have the first reply.
      const seq = await open.findReply(session.author.id, id);
      if (seq === undefined) throw error;
      return { type: "ok", id, seq };
    }
    this.#sessions.rooms.makeSpaceForMessage();
    const draft = { type: "message", id, from: session.author, text } as const;
    const { begun, stored } = await this.#inRoom(session, carrier, (room) => {
      const begun = this.#core.clock.monotonicNow();
      const via = carrier ?? session.via;
      return { begun, stored: room.append(via === undefined ? draft : { ...draft, via }, carrier === undefined) };
    });
    const seq = await stored;
    this.#core.meter.appended(this.#core.clock.monotonicNow() - begun);
    return { type: "ok", id, seq };
  }

  async #typing(session: Session, id: Say["id"], carrier: string | undefined): Promise<Reply> {
    this.#admit(session);
    await this.#inRoom(session, carrier, (room) => {
      const now = this.#core.clock.monotonicNow();
      if (session.typedAt !== null && now - session.typedAt < this.#core.settings.typingEveryMs) return;
      session.typedAt = now;
      room.broadcastEphemeral({ type: "typing", at: this.#core.clock.wallNow(), member: session.author });
    });
    return { type: "ok", id };
  }

  async #leave(session: Session, id: Say["id"]): Promise<Reply> {
    const seq = await session.leave();
    return seq === undefined ? { type: "ok", id } : { type: "ok", id, seq };
  }

  /** Runs `act` in the session's room, in the order of its commands: synchronously if nothing must be waited for. */
  #inRoom<Result>(
    session: Session,
    carrier: string | undefined,
    act: (room: Room) => Result,
  ): Result | Promise<Result> {
    return session.inOrder(() => {
      const room = session.enter(carrier);
      return room instanceof Promise ? room.then(act) : act(room);
    });
  }

  /** Throws while the server drains and beyond the session's command rate. */
  #admit(session: Session): void {
    this.#sessions.refuseWhileDraining();
    const waitMs = session.commandRate?.take(this.#core.clock.monotonicNow()) ?? 0;
    if (waitMs > 0) throw new ProtocolError("too_many", { retryAfterMs: waitMs });
  }
}
