import type { DownEvent } from "../../../protocol/events.ts";
import { type Link, LinkError } from "../../contract.ts";
import { Queue } from "./async.ts";
import { isDurable } from "./incoming.ts";

/** Takes what a transport reads. */
export interface LinkSink {
  /** Passes an event on. `live` proves the link. */
  emit(event: DownEvent): void;
  /** Proves the link, for transports without `live`: the first response has arrived and its events were passed on. */
  prove(): void;
}

/**
 * Creates a link from a function that reads until the server ends the connection and throws if it fails.
 * Reading starts at once, even before the link is iterated.
 */
export function runLink(signal: AbortSignal, read: (sink: LinkSink) => Promise<void>, execute: Link["execute"]): Link {
  const queue = new Queue<DownEvent>();
  const opened = Promise.withResolvers<{ readonly replayed: number }>();
  // The iteration throws the error too, so an unused `opened` must not be reported as an unhandled rejection.
  opened.promise.catch(() => undefined);
  let replayed = 0;
  const sink: LinkSink = {
    emit(event) {
      if (signal.aborted) return;
      if (isDurable(event)) replayed += 1;
      queue.push(event);
      if (event.type === "live") this.prove();
    },
    prove() {
      opened.resolve({ replayed });
    },
  };
  read(sink).then(
    () => {
      opened.reject(new LinkError("The server ended the connection before it was live."));
      queue.end();
    },
    (error: unknown) => {
      opened.reject(error);
      if (signal.aborted) queue.end();
      else queue.fail(error);
    },
  );
  return { opened: opened.promise, execute, [Symbol.asyncIterator]: () => queue };
}
