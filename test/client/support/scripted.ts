import type { RepliedCommand, Reply } from "../../../src/protocol/commands.ts";
import type { DownEvent } from "../../../src/protocol/events.ts";
import { type Attach, type ClientTransport, type Link, LinkError } from "../../../src/transports/contract.ts";
import { runLink } from "../../../src/transports/shared/client/run-link.ts";

/** A command that waits for the test to answer it. */
export interface SentCommand {
  readonly command: RepliedCommand;
  reply(reply: Reply): void;
  fail(error: Error): void;
}

/** One link in the test's hands. */
export class ScriptedLink {
  readonly attach: Attach;
  readonly signal: AbortSignal;
  readonly link: Link;
  readonly commands: SentCommand[] = [];
  #sink: { emit(event: DownEvent): void; prove(): void } | null = null;
  readonly #end = Promise.withResolvers<void>();

  constructor(attach: Attach, signal: AbortSignal) {
    this.attach = attach;
    this.signal = signal;
    signal.addEventListener("abort", () => this.#end.reject(new LinkError("given up")));
    this.link = runLink(
      signal,
      (sink) => {
        this.#sink = sink;
        return this.#end.promise;
      },
      (command) =>
        new Promise((resolve, reject) => {
          this.commands.push({ command, reply: resolve, fail: reject });
        }),
    );
  }

  emit(...events: readonly DownEvent[]): void {
    for (const event of events) this.#sink?.emit(event);
  }

  /** As a poll is proven: by its first answer. */
  prove(): void {
    this.#sink?.prove();
  }

  end(): void {
    this.#end.resolve();
  }

  fail(error: Error): void {
    this.#end.reject(error);
  }
}

interface Traits {
  readonly duplex?: boolean;
  readonly streaming?: boolean;
  readonly whenHidden?: string;
}

/** A transport whose links do what the test says. */
export class ScriptedTransport implements ClientTransport {
  readonly name: string;
  readonly title: string;
  readonly duplex: boolean;
  readonly streaming: boolean;
  readonly whenHidden?: string;
  readonly links: ScriptedLink[] = [];

  constructor(name: string, { duplex = true, streaming = true, whenHidden }: Traits = {}) {
    this.name = name;
    this.title = name.toUpperCase();
    this.duplex = duplex;
    this.streaming = streaming;
    if (whenHidden !== undefined) this.whenHidden = whenHidden;
  }

  supported(): boolean {
    return true;
  }

  connect(attach: Attach, _platform: unknown, signal: AbortSignal): Link {
    const link = new ScriptedLink(attach, signal);
    this.links.push(link);
    return link.link;
  }

  /** The newest link. */
  get last(): ScriptedLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error(`no link by ${this.name} has been opened`);
    return link;
  }
}
