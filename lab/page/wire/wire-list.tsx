import type { RefObject } from "preact";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import { bytesText, preciseSeconds } from "../format.ts";
import type { Item } from "./model/wire-record.ts";
import type { Wire } from "./model/wire-state.ts";
import { Windowed } from "./windowed.tsx";
import { directionText, laneTitle, shortTitle, sizeOf, transportOf, typesOf } from "./wire-text.ts";

const ROW_REM = 2.75;
/** Rows that Page Up and Page Down move. */
const PAGE = 10;

interface ListProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
  readonly box: RefObject<HTMLElement | null>;
  /** Scrolls to the bytes of the selection, and moves the keyboard focus there if `focus` is set. */
  open(focus: boolean): void;
}

/** Lists requests, responses, events and frames in the order of their first bytes. */
export function List({ wire, lanes, box, open }: ListProps) {
  const items = wire.items.value;
  const selected = wire.selected.value;
  const index = selected === null ? -1 : items.indexOf(selected);
  const choose = (next: number): void => {
    const item = items[Math.min(Math.max(next, 0), items.length - 1)];
    if (item === undefined) return;
    wire.follow.value = false;
    wire.select(item);
  };
  return (
    <section class="wire-list" aria-label="Exchanges" ref={box}>
      <p class="wire-count figure">
        {items.length === 0
          ? wire.record.items.length === 0
            ? "Nothing has been recorded yet."
            : "Nothing matches. Remove a filter."
          : `${items.length.toLocaleString("en")} listed`}
      </p>
      <Windowed
        count={items.length}
        rowRem={ROW_REM}
        shown={wire.follow.value ? null : index}
        follow={wire.follow.value}
        onLeaveEnd={() => {
          wire.follow.value = false;
        }}
        attributes={{
          class: "wire-scroll",
          role: "listbox",
          tabIndex: 0,
          "aria-label": "Requests, responses, events and frames. Enter moves to the bytes of the selected one.",
          "aria-activedescendant": index < 0 || wire.follow.value ? undefined : `wire-item-${index}`,
          onKeyDown: (event) => {
            if (event.key === "Enter" || event.key === "ArrowRight") {
              event.preventDefault();
              open(true);
              return;
            }
            const next = nextIndex(event.key, index, items.length);
            if (next === null) return;
            event.preventDefault();
            choose(next);
          },
        }}
        draw={(at) => {
          const item = items[at];
          return (
            item && (
              <Line
                key={`${item.connection.lane}-${item.connection.number}-${item.message.id}`}
                item={item}
                at={at}
                lanes={lanes}
                chosen={at === index}
                choose={(next) => {
                  choose(next);
                  open(false);
                }}
                of={items.length}
              />
            )
          );
        }}
      />
    </section>
  );
}

function nextIndex(key: string, index: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
      return index + 1;
    case "ArrowUp":
      return index - 1;
    case "PageDown":
      return index + PAGE;
    case "PageUp":
      return index - PAGE;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

interface LineProps {
  readonly item: Item;
  readonly at: number;
  readonly of: number;
  readonly lanes: readonly RunLane[];
  readonly chosen: boolean;
  choose(index: number): void;
}

function Line({ item, at, of, lanes, chosen, choose }: LineProps) {
  const { message, connection } = item;
  const transport = transportOf(lanes, connection.lane);
  const way = directionText(item);
  const size = sizeOf(item);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around it has the keys
    <div
      id={`wire-item-${at}`}
      class={`wire-item ${styleOf(transport).tone}`}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      aria-posinset={at + 1}
      aria-setsize={of}
      onClick={() => choose(at)}
    >
      <span class="wire-sign" title={laneTitle(lanes, connection.lane)}>
        <TransportIcon transport={transport} />
        <span class="sr">{laneTitle(lanes, connection.lane)}</span>
      </span>
      <span class="wire-title">
        <span aria-hidden="true">{way.arrow} </span>
        <span class="sr">{way.says} </span>
        <span title={message.title}>{shortTitle(message.title)}</span>
        {message.status !== 0 && <b class={message.status >= 400 ? "bad" : ""}> {message.status}</b>}
      </span>
      <span class="wire-size figure">{bytesText(size.all)}</span>
      <span class="wire-sub figure">
        {`${preciseSeconds(item.at)} · #${connection.number}`}
        {message.types.length > 0 && message.title !== `event ${message.types[0]}` && ` · ${typesOf(message.types)}`}
      </span>
      <span class="wire-payload figure">
        {size.payload === 0 ? "no payload" : `${bytesText(size.payload)} payload`}
      </span>
    </div>
  );
}
