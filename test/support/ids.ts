import { randomUUID } from "node:crypto";
import type { Say } from "../../src/protocol/commands.ts";
import type { CommandId } from "../../src/protocol/ids.ts";
import { asCommandId } from "./cast.ts";

/** Returns a unique command id. */
export function freshId(): CommandId {
  return asCommandId(randomUUID());
}

/** Returns a unique room name, for servers that other tests use at the same time. */
export function freshRoom(): string {
  return `t-${randomUUID()}`;
}

export function say(text: string, id: CommandId = freshId()): Say {
  return { type: "say", id, text };
}
