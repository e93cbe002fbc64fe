import type { ClosedBecause } from "../../src/client/types.ts";
import { closedWords } from "../model/status.ts";
import { useRoom } from "./context.ts";

/** In place of the composer once the client has ended: why, and the way back. */
export function Ended({ because }: { readonly because: ClosedBecause }) {
  const room = useRoom();
  return (
    <div class="ended" role="alert">
      <p>
        <strong>Closed.</strong> {closedWords(because)}
      </p>
      <button type="button" class="primary" onClick={room.rejoin}>
        Rejoin #{room.name}
      </button>
    </div>
  );
}
