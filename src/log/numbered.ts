import type { NumberedEvent } from "../protocol/events.ts";
import type { Draft } from "./contract.ts";

/** The event a draft becomes at its place. */
export function numbered(draft: Draft, seq: number, at: number): NumberedEvent {
  const { type, ...rest } = draft;
  return { type, seq, at, ...rest } as NumberedEvent; // a spread loses the union's tie of `type` to the rest
}
