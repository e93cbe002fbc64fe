import type { DownEvent } from "../../../protocol/events.ts";
import { type Link, LinkError } from "../../contract.ts";
import { Queue } from "./async.ts";
import { isNumbered } from "./incoming.ts";

/** Where a transport puts what it reads. */
export interface LinkSink {
  /** Hands an event on. `live` proves the link. */
  emit(event: DownEvent): void;
  /** For transports that are not told `live`: the first answer is there and has been handed on. */
  prove(): void;
}

/**
 * Makes a link of a function that reads until the server ends the connection and throws when it fails.
 * Reading starts at once, whether or not the link is iterated yet.
 */
export function runLink(signal: AbortSignal, read: (sink: LinkSink) => Promise<void>, execute: Link["execute"]): Link {
  const queue = new Queue<DownEvent>();
  const opened = Promise.withResolvers<{ readonly replayed: number }>();
  // Who only iterates learns of a failure there; this keeps it from being reported as unhandled as well.
  opened.promise.catch(() => undefined);
  let replayed = 0;
  const sink: LinkSink = {
    emit(event) {
      if (signal.aborted) return;
      if (isNumbered(event)) replayed += 1;
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
