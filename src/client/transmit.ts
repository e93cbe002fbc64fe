import type { RepliedCommand, Reply, Say } from "../protocol/commands.ts";
import { isErrorCode, ProtocolError } from "../protocol/errors.ts";
import { hintMs } from "../transports/shared/incoming.client.ts";

/** What takes commands up: a link, as far as sending goes. */
export interface Sender {
  execute(command: RepliedCommand): Promise<Reply>;
}

/** One sending of one command. Compared by identity. */
export interface Flight {
  /** Monotonic ms. */
  readonly sentAt: number;
}

export type Sent =
  | { readonly kind: "ok"; readonly seq: number }
  | { readonly kind: "refused"; readonly error: ProtocolError }
  /** No reply; it may have been carried out. */
  | { readonly kind: "failed" };

/** Sends a message once. Never rejects. */
export async function transmit(sender: Sender, command: Say): Promise<Sent> {
  try {
    const reply = await sender.execute(command);
    if (reply.type === "refused") return { kind: "refused", error: refusal(reply) };
    if (reply.seq !== undefined) return { kind: "ok", seq: reply.seq };
    const message = "The server acknowledged the message without its place in the log.";
    return { kind: "refused", error: new ProtocolError("malformed", { message }) };
  } catch (error) {
    return error instanceof ProtocolError ? { kind: "refused", error } : { kind: "failed" };
  }
}

function refusal({ code, message, retryAfterMs }: Extract<Reply, { type: "refused" }>): ProtocolError {
  const wait = hintMs(retryAfterMs);
  return new ProtocolError(isErrorCode(code) ? code : "internal", {
    message,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}
