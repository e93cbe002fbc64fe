import type { TransportInfo } from "../src/protocol/http.ts";
import type { Page } from "./model/page.ts";
import { RoomContext } from "./view/context.ts";
import { JoinScreen } from "./view/join-screen.tsx";
import { OpeningScreen } from "./view/opening-screen.tsx";
import { RefusedOrigin } from "./view/refused-origin.tsx";
import { RoomScreen } from "./view/room-screen.tsx";

interface Props {
  readonly page: Page;
  readonly known: readonly TransportInfo[];
}

/** Which screen is shown. */
export function App({ page, known }: Props) {
  const room = page.room.value;
  if (room?.originRefused.value === true) return <RefusedOrigin origin={location.origin} />;
  if (room === null || (page.byForm.value && !room.entered.value)) return <JoinScreen page={page} known={known} />;
  return (
    <RoomContext.Provider value={room} key={room.name}>
      {room.entered.value ? <RoomScreen onLeave={page.leave} /> : <OpeningScreen page={page} />}
    </RoomContext.Provider>
  );
}
