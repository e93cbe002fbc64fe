import type { DownEvent, DurableEvent, Message } from "../../src/protocol/events.ts";
import type { Cursor } from "../../src/protocol/ids.ts";
import { asCursor } from "./cast.ts";
import { PATIENCE_MS } from "./wait.ts";

/** How a reader ended. `failed`: by an error; `code` is set if the server refused the reader. */
export type Ending =
  | { readonly kind: "bye"; readonly reason: string; readonly retry: boolean }
  | { readonly kind: "failed"; readonly code: string | null; readonly message: string }
  | { readonly kind: "ended" };

interface Waiter {
  readonly check: () => boolean;
  readonly fail: (why: string) => void;
}

/** Keeps every event that a reader received, so that a test can't miss one by waiting for it too late. */
export class EventQueue {
  readonly #events: DownEvent[] = [];
  readonly #waiters = new Set<Waiter>();
  #ending: Ending | null = null;
  #cursor: Cursor | null;

  /** `after`: the cursor with which the reader attached; null if it gave none. */
  constructor(after: Cursor | null) {
    this.#cursor = after;
  }

  get all(): readonly DownEvent[] {
    return this.#events;
  }

  get durable(): DurableEvent[] {
    return this.#events.filter((event): event is DurableEvent => "seq" in event);
  }

  get messages(): Message[] {
    return this.#events.filter((event): event is Message => event.type === "message");
  }

  get texts(): string[] {
    return this.messages.map((message) => message.text);
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  /** The cursor up to which it has read. Throws if the reader gave no cursor and has received none yet. */
  get cursor(): Cursor {
    if (this.#cursor === null) throw new Error("the reader has no cursor yet: wait for `live` first");
    return this.#cursor;
  }

  push(event: DownEvent): void {
    this.#events.push(event);
    if (event.type === "live" || event.type === "gap") this.#cursor = event.cursor;
    else if ("seq" in event && this.#cursor !== null) {
      this.#cursor = asCursor(`${this.#cursor.slice(0, this.#cursor.indexOf("-"))}-${event.seq}`);
    }
    this.#check();
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#check();
    for (const waiter of [...this.#waiters]) waiter.fail(`the reader ended: ${JSON.stringify(this.#ending)}`);
  }

  /** Resolves to the first event that `fits`, whether it has arrived already or arrives later. */
  waitFor<Fitting extends DownEvent>(what: string, fits: (event: DownEvent) => event is Fitting): Promise<Fitting>;
  waitFor(what: string, fits: (event: DownEvent) => boolean): Promise<DownEvent>;
  async waitFor(what: string, fits: (event: DownEvent) => boolean): Promise<DownEvent> {
    await this.until(what, () => this.#events.some(fits));
    const found = this.#events.find(fits);
    if (found === undefined) throw new Error(`${what} was there and is gone`);
    return found;
  }

  /** Resolves to the first message with this text. */
  waitForText(text: string): Promise<Message> {
    const isIt = (event: DownEvent): event is Message => event.type === "message" && event.text === text;
    return this.waitFor(`the message "${text.slice(0, 40)}"`, isIt);
  }

  /** Resolves to the ending, whatever it is. */
  async waitForEnd(): Promise<Ending> {
    await this.until("the reader's end", () => this.#ending !== null);
    return this.#ending ?? { kind: "ended" };
  }

  /** Resolves once `fits` returns true; it is called after every event and at the end. */
  until(what: string, fits: () => boolean): Promise<void> {
    if (fits()) return Promise.resolve();
    if (this.#ending !== null)
      return Promise.reject(this.#failure(what, `the reader ended: ${JSON.stringify(this.#ending)}`));
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        check: () => {
          if (!fits()) return false;
          settle();
          resolve();
          return true;
        },
        fail: (why) => {
          settle();
          reject(this.#failure(what, why));
        },
      };
      const timer = setTimeout(() => waiter.fail(`timed out after ${PATIENCE_MS} ms`), PATIENCE_MS);
      this.#waiters.add(waiter);
    });
  }

  #check(): void {
    for (const waiter of [...this.#waiters]) waiter.check();
  }

  #failure(what: string, why: string): Error {
    const last = this.#events.slice(-6).map((event) => JSON.stringify(event).slice(0, 160));
    return new Error(
      `waited for ${what}: ${why}. ${this.#events.length} events, the last of them:\n  ${last.join("\n  ")}`,
    );
  }
}
