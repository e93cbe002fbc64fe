import type { DownEvent, DurableEvent, Message } from "../../src/protocol/events.ts";
import type { Cursor } from "../../src/protocol/ids.ts";
import { asCursor } from "./cast.ts";
import { PATIENCE_MS } from "./wait.ts";

/** How a reader ended. `failed`: the network, or the server's refusal, whose code is then given. */
export type Ending =
  | { readonly kind: "bye"; readonly reason: string; readonly retry: boolean }
  | { readonly kind: "failed"; readonly code: string | null; readonly message: string }
  | { readonly kind: "ended" };

interface Waiter {
  readonly check: () => boolean;
  readonly fail: (why: string) => void;
}

/** Keeps everything a reader was sent, so that no test can miss an event by asking too late. */
export class EventQueue {
  readonly #events: DownEvent[] = [];
  readonly #waiters = new Set<Waiter>();
  #ending: Ending | null = null;
  #cursor: Cursor | null;

  /** `after`: where the reader began, where that was said. */
  constructor(after: Cursor | null) {
    this.#cursor = after;
  }

  get all(): readonly DownEvent[] {
    return this.#events;
  }

  get numbered(): DurableEvent[] {
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

  /** The place read up to. */
  get cursor(): Cursor {
    if (this.#cursor === null) throw new Error("the reader has not been told its place yet: wait for an event first");
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

  /** The first event, past or coming, that `fits`. */
  waitFor<Fitting extends DownEvent>(what: string, fits: (event: DownEvent) => event is Fitting): Promise<Fitting>;
  waitFor(what: string, fits: (event: DownEvent) => boolean): Promise<DownEvent>;
  async waitFor(what: string, fits: (event: DownEvent) => boolean): Promise<DownEvent> {
    await this.until(what, () => this.#events.some(fits));
    const found = this.#events.find(fits);
    if (found === undefined) throw new Error(`${what} was there and is gone`);
    return found;
  }

  /** The first message with this text. */
  waitForText(text: string): Promise<Message> {
    const isIt = (event: DownEvent): event is Message => event.type === "message" && event.text === text;
    return this.waitFor(`the message "${text.slice(0, 40)}"`, isIt);
  }

  /** Resolves to the ending, whatever it is. */
  async waitForEnd(): Promise<Ending> {
    await this.until("the reader's end", () => this.#ending !== null);
    return this.#ending ?? { kind: "ended" };
  }

  /** Resolves once `fits` holds; it is asked at every event and at the end. */
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
      const timer = setTimeout(() => waiter.fail(`nothing of the kind in ${PATIENCE_MS} ms`), PATIENCE_MS);
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
