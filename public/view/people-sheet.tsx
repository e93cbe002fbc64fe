import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { PeopleList } from "./people-list.tsx";

interface Props {
  readonly onLeave: () => void;
  readonly onClose: () => void;
}

/** The people where there is no room beside the talk: a sheet over it. */
export function PeopleSheet({ onLeave, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog class="sheet" aria-label="People" ref={dialog} onClose={onClose} closedby="any">
      <div class="sheet-inner">
        <button
          type="button"
          class="icon-button sheet-close"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
        <PeopleList onLeave={onLeave} />
      </div>
    </dialog>
  );
}
