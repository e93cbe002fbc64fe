import { useSignal, useSignalEffect } from "@preact/signals";
import { useCallback, useRef } from "preact/hooks";
import { count } from "../model/format.ts";
import { firstEvent } from "../model/timeline.ts";
import { useRoom } from "./context.ts";
import { Icon } from "./icons.tsx";
import { Rows } from "./rows.tsx";
import { Scroller } from "./scroller.tsx";

/** Announcements stay off for this long after a page of history is inserted: screen readers notice the change late. */
const QUIET_MS = 800;

/** The conversation: messages, own messages in flight, and a button that jumps to the newest message. */
export function Log() {
  const room = useRoom();
  const toEnd = useRef<(() => void) | null>(null);
  const quiet = useSignal(true);
  const atEnd = useSignal(true);
  const rows = room.rows.value;
  const { attached } = room.feed.timeline.value;
  const unread = room.feed.unread.count.value;

  useSignalEffect(() => {
    if (room.history.older.value === "busy" || room.history.newer.value === "busy") {
      quiet.value = true;
      return undefined;
    }
    return room.clock.after(QUIET_MS, () => {
      quiet.value = false;
    });
  });
  useSignalEffect(() => {
    // People want to see the message they just sent.
    if (room.sent.value > 0) void toNewest();
  });

  const toNewest = async (): Promise<void> => {
    await room.history.toNewest();
    toEnd.current?.();
  };
  const onOlder = useCallback(() => {
    if (room.history.older.value === "idle") void room.history.loadOlder();
  }, [room]);
  const onNewer = useCallback(() => {
    if (room.history.newer.value === "idle") void room.history.loadNewer();
  }, [room]);
  const onEnd = useCallback(
    (reached: boolean) => {
      atEnd.value = reached;
      room.setAtEnd(reached);
    },
    [room, atEnd],
  );
  const hasMessages = rows.some(({ kind }) => kind === "message" || kind === "pending");

  return (
    <div class="log-frame">
      <Scroller
        handle={toEnd}
        label={`Messages in #${room.name}`}
        rows={rows}
        attached={attached}
        quiet={quiet.value || !room.announcer.each.value}
        onOlder={onOlder}
        onNewer={onNewer}
        onEnd={onEnd}
        top={<Top />}
      >
        {!hasMessages && room.history.older.value === "idle" && <Empty />}
        <Rows rows={rows} />
      </Scroller>
      {/* Instead of the messages themselves, when there are too many to announce. */}
      <p class="sr" role="status">
        {room.announcer.summary.value}
      </p>
      {!atEnd.value && (
        <button type="button" class="jump" onClick={() => void toNewest()}>
          <Icon name="down" />
          {unread === 0 ? "Newest" : count(unread, "new message")}
        </button>
      )}
    </div>
  );
}

/** Shows above the oldest message whether there are older ones. */
function Top() {
  const { history, feed, name } = useRoom();
  const { before, entries } = feed.timeline.value;
  if (history.older.value === "failed") {
    return (
      <p class="edge">
        Older messages couldn't be loaded.{" "}
        <button type="button" class="link" onClick={() => void history.loadOlder()}>
          Try again
        </button>
      </p>
    );
  }
  if (history.older.value === "busy") return <p class="edge">Loading older messages…</p>;
  const hasMessages = entries.some((entry) => entry.kind === "event" && entry.event.type === "message");
  if (before !== null || !hasMessages) return null;
  const first = firstEvent(feed.timeline.value);
  return (
    <p class="edge">
      {first === undefined || first.event.seq === 1
        ? `This is the beginning of #${name}.`
        : "Earlier messages are no longer stored."}
    </p>
  );
}

function Empty() {
  const { name } = useRoom();
  return (
    <div class="empty">
      <p class="empty-title">No messages yet.</p>
      <p>Write the first one. To see it arrive, open this page in a second window, or share the link to #{name}.</p>
    </div>
  );
}
