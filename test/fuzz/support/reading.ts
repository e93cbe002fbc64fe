import { systemClock } from "../../../src/clock.ts";
import type { DownEvent } from "../../../src/protocol/events.ts";
import type { ClientTransport } from "../../../src/transports/contract.ts";
import { asCursor, asSession } from "../../support/cast.ts";
import { testPlatform } from "../../support/platform.ts";
import { isProtocolFailure } from "./failures.ts";

export interface Served {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body in the pieces in which it comes. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

/** What a client half made of an answer: the events it handed on, and how it ended. */
export interface ReadResult {
  readonly events: readonly DownEvent[];
  readonly end: "ended" | "failed";
}

/**
 * Lets a transport's client half read one answer, from `after` e1-5 on. Resolves however it ends in a way its owner
 * expects (LinkError, ProtocolError); rejects with anything else it threw.
 */
export async function readBy(transport: ClientTransport, served: readonly Served[]): Promise<ReadResult> {
  const answers = [...served];
  const lifetime = new AbortController();
  const platform = {
    ...testPlatform(),
    // Pauses between polls are none of a parser's business; a poll nobody answers ends the reading.
    clock: {
      ...systemClock,
      after: (ms: number, task: () => void) => {
        if (ms < 10_000) queueMicrotask(task);
        return () => undefined;
      },
    },
    fetch: () => {
      const next = answers.shift();
      if (next === undefined) {
        lifetime.abort();
        return Promise.reject(new TypeError("no further answer"));
      }
      return Promise.resolve(responseOf(next));
    },
  };
  const attach = {
    base: new URL("http://127.0.0.1/"),
    session: asSession("s"),
    after: asCursor("e1-5"),
    reader: 1,
  };
  const events: DownEvent[] = [];
  try {
    const link = transport.connect(attach, platform, lifetime.signal);
    for await (const event of link) events.push(event);
    return { events, end: "ended" };
  } catch (error) {
    if (isProtocolFailure(error)) return { events, end: "failed" };
    throw error;
  }
}

function responseOf({ status, headers, pieces }: Served): Response {
  if (status === 204) return new Response(null, { status, headers });
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return new Response(body, { status, headers });
}
