/** The people in the room, beside the conversation or in a sheet over it. */
import { useEffect, useRef } from "preact/hooks";
import { byTransport, inOrder, type People, sharedNames, tagOf } from "../model/people.ts";
import { Avatar } from "./avatar.tsx";
import { titleIn, useRoom } from "./context.ts";
import { Icon } from "./icons.tsx";
import { styleOf, TransportIcon } from "./transports.tsx";

/** Lists the members and their transports. While the page is not live, the list is the last known one. */
export function PeopleList({ onLeave }: { readonly onLeave: () => void }) {
  const { feed, state } = useRoom();
  const stale = state.value.kind !== "live";
  const people = feed.people.value;
  const members = inOrder(people, feed.me.value);
  const unnamed = people.count - members.length;
  const shared = sharedNames(members);
  return (
    <div class={`people-inner ${stale ? "stale" : ""}`}>
      <h2>
        People <span class="figure">{people.count.toLocaleString()}</span>
        {stale && <span class="as-of">as of the last connection</span>}
      </h2>
      {!stale && unnamed === 0 && members.length > 1 && <TransportCounts people={people} />}
      <ul class="members">
        {members.map((member) => {
          const own = member.id === feed.me.value;
          const tag = own ? null : tagOf(member, shared);
          return (
            <li key={member.id}>
              <Avatar name={member.name} />
              <span class="name">
                <bdi>{member.name}</bdi>
                {own && <span class="you">you</span>}
                {tag !== null && <span class="tag">{tag}</span>}
              </span>
              <MemberTransport via={member.via} />
            </li>
          );
        })}
      </ul>
      {unnamed > 0 && <p class="more-people">and {unnamed.toLocaleString()} more</p>}
      <button type="button" class="quiet-button leave" onClick={onLeave}>
        <Icon name="leave" />
        Leave the room
      </button>
    </div>
  );
}

interface SheetProps {
  readonly onLeave: () => void;
  readonly onClose: () => void;
}

/** Shows the people in a sheet over the conversation, for narrow windows. */
export function PeopleSheet({ onLeave, onClose }: SheetProps) {
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

/** Shows a member's last known transport. */
function MemberTransport({ via }: { readonly via: string | undefined }) {
  const room = useRoom();
  const words = via === undefined ? "Not connected" : `Reads over ${titleIn(room, via)}`;
  return (
    <span class={`reads ${styleOf(via).tone}`} title={words}>
      <TransportIcon transport={via} />
      <span class="sr">{words}</span>
    </span>
  );
}

/** Counts the members per transport. */
function TransportCounts({ people }: { readonly people: People }) {
  const room = useRoom();
  return (
    <ul class="people-transports" aria-label="By transport">
      {byTransport(people).map(([via, members]) => {
        const words = via === undefined ? "not connected" : `over ${titleIn(room, via)}`;
        return (
          <li key={via} class={styleOf(via).tone} title={`${members.toLocaleString()} ${words}`}>
            <TransportIcon transport={via} />
            <span class="figure">{members.toLocaleString()}</span>
            <span class="sr">{words}</span>
          </li>
        );
      })}
    </ul>
  );
}
