import { count } from "../model/format.ts";
import { inOrder } from "../model/people.ts";
import { Avatar } from "./avatar.tsx";
import { titleIn, useRoom } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Glyph } from "./sign.tsx";
import { signOf } from "./signs.ts";

/** What a member was last known to read by. */
function Reads({ via }: { readonly via: string | undefined }) {
  const room = useRoom();
  const words = via === undefined ? "not connected" : `by ${titleIn(room, via)}`;
  return (
    <span class={`reads ${signOf(via).tone}`} title={`Last seen ${words}`}>
      <Glyph transport={via} />
      <span class="sr">{words}</span>
    </span>
  );
}

/** Who is in the room, and by what. `onLeave` ends this page's being there. */
export function PeopleList({ onLeave }: { readonly onLeave: () => void }) {
  const { feed } = useRoom();
  const people = feed.people.value;
  const members = inOrder(people, feed.me.value);
  const unnamed = people.count - members.length;
  return (
    <div class="people-inner">
      <h2>
        People <span class="figure">{people.count.toLocaleString()}</span>
      </h2>
      <ul>
        {members.map(({ id, name, via }) => (
          <li key={id}>
            <Avatar name={name} />
            <span class="name">
              <bdi>{name}</bdi>
              {id === feed.me.value && <span class="you">you</span>}
            </span>
            <Reads via={via} />
          </li>
        ))}
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
