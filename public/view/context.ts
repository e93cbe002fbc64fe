import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Room } from "../model/room.ts";
import { shortTitle, signOf } from "./signs.ts";

export const RoomContext = createContext<Room | null>(null);

/** The room around a component. Throws outside of one. */
export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room === null) throw new Error("This component belongs inside a room. Draw it within RoomContext.Provider.");
  return room;
}

/** What to call a transport in this room: by its sign, by the server's title, or by its bare name. */
export function titleIn(room: Room, name: string): string {
  const known = room.transports.value.find((transport) => transport.name === name);
  return known === undefined ? (signOf(name).short ?? name) : shortTitle(known);
}
