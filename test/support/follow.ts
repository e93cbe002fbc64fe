import { ProtocolError } from "../../src/protocol/errors.ts";
import type { Link } from "../../src/transports/contract.ts";
import type { EventQueue } from "./queue.ts";

/** Reads a link into a queue until it ends, and notes how it ended. Never rejects. */
export async function follow(link: Link, queue: EventQueue): Promise<void> {
  try {
    for await (const event of link) queue.push(event);
    const last = queue.all.at(-1);
    queue.end(last?.type === "bye" ? { kind: "bye", reason: last.reason, retry: last.retry } : { kind: "ended" });
  } catch (error) {
    const code = error instanceof ProtocolError ? error.code : null;
    queue.end({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
  }
}
