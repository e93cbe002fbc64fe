import type { RefObject } from "preact";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import type { Item } from "./model/record.ts";
import type { Wire } from "./model/wire.ts";
import { Windowed } from "./windowed.tsx";
import { bytes, laneTitle, seconds, shortTitle, sizeOf, transportOf, typesOf, wayOf } from "./words.ts";

const ROW_REM = 2.75;
/** Rows that Page Up and Page Down go. */
const PAGE = 10;

interface ListProps {
  readonly wire: Wire;
  readonly lanes: readonly RunLane[];
  readonly box: RefObject<HTMLElement | null>;
  /** Brings the bytes of what is selected in view; `focus`: and goes there with the keyboard. */
  open(focus: boolean): void;
}

/** What was exchanged, in the order of its first bytes. */
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
            : "Nothing fits. Take out a filter."
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
          "aria-label": "Requests, responses, events and frames. Enter goes to the bytes of the chosen one.",
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
                key={`${item.connection.lane}-${item.connection.number}-${item.passage.id}`}
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
  const { passage, connection } = item;
  const transport = transportOf(lanes, connection.lane);
  const way = wayOf(item);
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
        <span title={passage.title}>{shortTitle(passage.title)}</span>
        {passage.status !== 0 && <b class={passage.status >= 400 ? "bad" : ""}> {passage.status}</b>}
      </span>
      <span class="wire-size figure">{bytes(size.all)}</span>
      <span class="wire-sub figure">
        {`${seconds(item.at)} · #${connection.number}`}
        {passage.types.length > 0 && passage.title !== `event ${passage.types[0]}` && ` · ${typesOf(passage.types)}`}
      </span>
      <span class="wire-payload figure">{size.payload === 0 ? "no payload" : `${bytes(size.payload)} payload`}</span>
    </div>
  );
}
