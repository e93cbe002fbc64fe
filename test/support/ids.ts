import { randomUUID } from "node:crypto";
import type { Say } from "../../src/protocol/commands.ts";
import type { CommandId } from "../../src/protocol/ids.ts";
import { asCommandId } from "./cast.ts";

/** A command id nobody else uses. */
export function freshId(): CommandId {
  return asCommandId(randomUUID());
}

/** A room name nobody else uses, also on a server that others use at the same time. */
export function freshRoom(): string {
  return `t-${randomUUID()}`;
}

export function say(text: string, id: CommandId = freshId()): Say {
  return { type: "say", id, text };
}
