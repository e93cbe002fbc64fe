import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Room } from "../model/room.ts";
import { shortTitle, styleOf } from "./transports.tsx";

export const RoomContext = createContext<Room | null>(null);

/** Returns the room around a component. Throws outside of one. */
export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room === null) throw new Error("This component needs a room. Render it inside RoomContext.Provider.");
  return room;
}

/** Returns a transport's title: the page's short one, the server's, or else its bare name. */
export function titleIn(room: Room, name: string): string {
  const known = room.transports.value.find((transport) => transport.name === name);
  return known === undefined ? (styleOf(name).short ?? name) : shortTitle(known);
}
