import type { RepliedCommand, Reply } from "../../protocol/commands.ts";
import { type Attach, badAnswer, type Platform } from "../contract.ts";
import { bodyOf, refusalOf, request, requestMs, within } from "./http.client.ts";
import { isReply } from "./incoming.client.ts";

/**
 * The up-leg of transports that are not duplex: sends one command and resolves to its reply, a refusal included.
 * Rejects with ProtocolError when the request as such was refused, LinkError when no reply came.
 */
export function postCommand(
  attach: Pick<Attach, "base" | "session">,
  platform: Platform,
  signal: AbortSignal,
  command: RepliedCommand,
): Promise<Reply> {
  return within(platform, requestMs(platform), signal, async (inner) => {
    const { base, session } = attach;
    const call = { base, session, path: "api/commands", method: "POST", body: command } as const;
    const response = await request(platform, call, inner);
    const body = await bodyOf(response, inner);
    if (isReply(body) && body.id === command.id) return body;
    if (!response.ok) throw refusalOf(response, body, platform);
    throw badAnswer("The answer to a command is no reply to it");
  });
}
