import type { ClientEntry, LaneNumber } from "../../engine/run.ts";
import type { Mouth } from "./sender.ts";

/** A member who is on no lane and goes through no proxy: his entries have this number. */
export const OUTSIDE: LaneNumber = -1;

/** Who sends: the lane's number, or the member outside. */
export type Speaker = LaneNumber;

/** Finds the mouth of who speaks; where there is none the message is recorded as not sent. */
export function mouthOf(
  speaker: Speaker,
  clients: ReadonlyMap<LaneNumber, { send(text: string): Promise<number> }>,
  tell: (lane: LaneNumber, entry: ClientEntry) => void,
): Mouth {
  const client = clients.get(speaker);
  return {
    send: (text) => client?.send(text) ?? Promise.reject(new Error("There is no connection to send by.")),
    tell: (entry) => tell(speaker, entry),
  };
}
