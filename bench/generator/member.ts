import { setTimeout as sleep } from "node:timers/promises";
import type { Credentials, Dialect, Reader } from "./dialect.ts";

/** Between two attempts to come back to a server that doesn't let it in. */
const RETRY_MS = 50;

export interface MemberEvents {
  arrived(number: number): void;
  /** It can't go on. Never called for a supervised one that was in once: it comes back instead. */
  broke(why: string): void;
}

export interface MemberOptions {
  readonly dialect: Dialect;
  readonly url: URL;
  readonly credentials: Credentials;
  /** It keeps its place, and comes back when its connection breaks. */
  readonly supervised: boolean;
  readonly events: MemberEvents;
}

/** One reader over all its connections: what is counted of it goes on where it comes back. */
export class Member {
  /** Connections opened anew. */
  reopened = 0;
  readonly #options: MemberOptions;
  readonly #past = { bytesRead: 0, bytesWritten: 0, reads: 0 };
  #credentials: Credentials;
  #reader: Reader | null = null;
  #links = 0;
  /** Counts up with every cut: who was coming back before the last one has been overtaken. */
  #cuts = 0;
  #closed = false;
  /** Tells who waits for the connection of the moment that it will not be in. */
  #refuse: (error: Error) => void = () => {};

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#credentials = options.credentials;
  }

  get bytesRead(): number {
    return this.#past.bytesRead + (this.#reader?.bytesRead ?? 0);
  }

  get bytesWritten(): number {
    return this.#past.bytesWritten + (this.#reader?.bytesWritten ?? 0);
  }

  get reads(): number {
    return this.#past.reads + (this.#reader?.reads ?? 0);
  }

  /** Its connection of the moment; null while it is away. */
  get reader(): Reader | null {
    return this.#reader;
  }

  /** Opens a connection at its place. Resolves when it is in, rejects when it is refused. */
  open(): Promise<void> {
    const { dialect, url, events, supervised } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#links += 1;
    this.#refuse = reject;
    let state: "opening" | "in" | "over" = "opening";
    const broke = (why: string): void => {
      if (state === "over") return;
      const was = state;
      state = "over";
      if (was === "opening") this.#drop(why);
      else if (supervised) void this.comeBack();
      else events.broke(why);
    };
    this.#reader = dialect.openReader({
      url,
      credentials: this.#credentials,
      link: this.#links,
      track: supervised,
      events: {
        opened: () => {
          if (state === "opening") state = "in";
          resolve();
        },
        arrived: events.arrived,
        broke,
      },
    });
    return promise;
  }

  /** Ends its connection without a goodbye and remembers its place. It stays away until it is told to come back. */
  cut(): void {
    this.#cuts += 1;
    this.#drop("it was cut");
  }

  /** Opens a connection where it left off, again and again until it is let in, cut or closed. */
  async comeBack(): Promise<void> {
    this.cut();
    const cuts = this.#cuts;
    this.reopened += 1;
    while (!this.#closed && cuts === this.#cuts) {
      try {
        return await this.open();
      } catch {
        await sleep(RETRY_MS);
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.cut();
  }

  #drop(why: string): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#credentials = reader.place();
    this.#past.bytesRead += reader.bytesRead;
    this.#past.bytesWritten += reader.bytesWritten;
    this.#past.reads += reader.reads;
    this.#reader = null;
    reader.close();
    this.#refuse(new Error(why));
  }
}
