import { Parse } from "typebox/value";
import {
  type Joined,
  JoinedSchema,
  type Left,
  LeftSchema,
  type Message,
  MessageSchema,
} from "../../../src/protocol/events.ts";

const NOON = new Date(2026, 2, 1, 12).getTime();

/** Returns ms since 1970, this many minutes after a fixed noon. */
function at(minutes: number): number {
  return NOON + minutes * 60_000;
}

export function message(seq: number, name: string, minutes: number): Message {
  const from = { id: name, name };
  return Parse(MessageSchema, { type: "message", seq, at: at(minutes), id: `c${seq}`, from, text: "hello" });
}

export function joined(seq: number, name: string, minutes: number): Joined {
  return Parse(JoinedSchema, { type: "joined", seq, at: at(minutes), member: { id: name, name } });
}

export function left(seq: number, name: string, minutes: number): Left {
  return Parse(LeftSchema, { type: "left", seq, at: at(minutes), member: { id: name, name } });
}
