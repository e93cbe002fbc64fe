import { useLayoutEffect, useRef } from "preact/hooks";
import type { ClosedBecause } from "../../src/client/types.ts";
import { closedWords } from "../model/status.ts";
import { useRoom } from "./context.ts";

/** In place of the composer once the client has ended: why, and the way back. */
export function Ended({ because }: { readonly because: ClosedBecause }) {
  const room = useRoom();
  const rejoin = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // The composer that had the focus is gone.
    if (document.activeElement === document.body) rejoin.current?.focus();
  }, []);
  return (
    <div class="ended" role="alert">
      <p>
        <strong>Closed.</strong> {closedWords(because)}
      </p>
      <button type="button" class="primary" ref={rejoin} onClick={room.rejoin}>
        Rejoin #{room.name}
      </button>
    </div>
  );
}
