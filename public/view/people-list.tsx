import { count } from "../model/format.ts";
import { byTransport, inOrder, type People, sharedNames, tagOf } from "../model/people.ts";
import { Avatar } from "./avatar.tsx";
import { titleIn, useRoom } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Glyph } from "./sign.tsx";
import { signOf } from "./signs.ts";

/** What a member was last known to read by. */
function Reads({ via }: { readonly via: string | undefined }) {
  const room = useRoom();
  const words = via === undefined ? "not connected" : `over ${titleIn(room, via)}`;
  return (
    <span class={`reads ${signOf(via).tone}`} title={`Last seen ${words}`}>
      <Glyph transport={via} />
      <span class="sr">{words}</span>
    </span>
  );
}

/** How many read by each transport. */
function Counts({ people }: { readonly people: People }) {
  const room = useRoom();
  return (
    <ul class="people-ways" aria-label="By transport">
      {byTransport(people).map(([via, members]) => {
        const words = via === undefined ? "not connected" : `over ${titleIn(room, via)}`;
        return (
          <li key={via} class={signOf(via).tone} title={`${members.toLocaleString()} ${words}`}>
            <Glyph transport={via} />
            <span class="figure">{members.toLocaleString()}</span>
            <span class="sr">{words}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** The members of the room, and what each reads by. While the page is not live, the list is the last one known. */
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
        {stale && <span class="as-of">when last connected</span>}
      </h2>
      {!stale && unnamed === 0 && members.length > 1 && <Counts people={people} />}
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
              <Reads via={member.via} />
            </li>
          );
        })}
      </ul>
      {unnamed > 0 && <p class="more-people">and {unnamed.toLocaleString()} more</p>}
      <button
        type="button"
        class="quiet-button leave"
        onClick={onLeave}
        title={`${count(people.count, "person", "people")} here`}
      >
        <Icon name="leave" />
        Leave the room
      </button>
    </div>
  );
}
