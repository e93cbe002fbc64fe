import { useSignal, useSignalEffect } from "@preact/signals";
import { useCallback, useRef } from "preact/hooks";
import { count } from "../model/format.ts";
import { firstEvent } from "../model/timeline.ts";
import { useRoom } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Rows } from "./rows.tsx";
import { Scroller } from "./scroller.tsx";

/** After a page of history so long nothing is read out, in ms: screen readers look at the list a little later. */
const QUIET_MS = 800;

/** What stands above the oldest message that is shown. */
function Top() {
  const { past, feed, name } = useRoom();
  const { before, entries } = feed.timeline.value;
  if (past.older.value === "failed") {
    return (
      <p class="edge">
        Older messages could not be loaded.{" "}
        <button type="button" class="link" onClick={() => void past.loadOlder()}>
          Try again
        </button>
      </p>
    );
  }
  if (past.older.value === "busy") return <p class="edge">Loading older messages…</p>;
  const talked = entries.some((entry) => entry.kind === "event" && entry.event.type === "message");
  if (before !== null || !talked) return null;
  const first = firstEvent(feed.timeline.value);
  return (
    <p class="edge">
      {first === undefined || first.event.seq === 1
        ? `This is the beginning of #${name}.`
        : "What was said before is no longer kept."}
    </p>
  );
}

function Empty() {
  const { name } = useRoom();
  return (
    <div class="empty">
      <p class="empty-title">Nobody has said anything yet.</p>
      <p>Say the first word, or share the link to #{name} and wait for company.</p>
    </div>
  );
}

/** The talk: what was said, what is on its way, and the way back to the newest. */
export function Log() {
  const room = useRoom();
  const toEnd = useRef<(() => void) | null>(null);
  const quiet = useSignal(true);
  const atEnd = useSignal(true);
  const rows = room.rows.value;
  const { attached } = room.feed.timeline.value;
  const missed = room.unread.count.value;

  useSignalEffect(() => {
    if (room.past.older.value === "busy" || room.past.newer.value === "busy") {
      quiet.value = true;
      return undefined;
    }
    const timer = setTimeout(() => {
      quiet.value = false;
    }, QUIET_MS);
    return () => clearTimeout(timer);
  });
  useSignalEffect(() => {
    // People want to see what they have just said.
    if (room.said.value > 0) void toNewest();
  });

  const toNewest = async (): Promise<void> => {
    await room.past.toNewest();
    toEnd.current?.();
  };
  const onOlder = useCallback(() => {
    if (room.past.older.value === "idle") void room.past.loadOlder();
  }, [room]);
  const onNewer = useCallback(() => {
    if (room.past.newer.value === "idle") void room.past.loadNewer();
  }, [room]);
  const onEnd = useCallback(
    (reached: boolean) => {
      atEnd.value = reached;
      room.atEnd(reached);
    },
    [room, atEnd],
  );
  const talked = rows.some(({ kind }) => kind === "message" || kind === "pending");

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
        {!talked && room.past.older.value === "idle" && <Empty />}
        <Rows rows={rows} />
      </Scroller>
      {/* In place of the messages themselves, when there are too many to be read out. */}
      <p class="sr" role="status">
        {room.announcer.summary.value}
      </p>
      {!atEnd.value && (
        <button type="button" class="jump" onClick={() => void toNewest()}>
          <Icon name="down" />
          {missed === 0 ? "Newest" : count(missed, "new message")}
        </button>
      )}
    </div>
  );
}
