import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ConnectionState } from "../../src/client/types.ts";
import { AUTO } from "../model/room.ts";
import { titleIn, useRoom } from "./context.ts";
import { shortTitle, styleOf, TransportIcon } from "./transports.tsx";

/**
 * The transports as radio buttons. Arrow keys move; Space and Enter choose, so that moving opens no connection.
 */
export function TransportSwitch() {
  const room = useRoom();
  const group = useRef<HTMLDivElement>(null);
  const focused = useSignal<string | null>(null);
  const state = room.state.value;
  const problem = room.switchProblem.value;
  const used = state.kind === "live" ? state.transport : null;
  const trying = openingTransport(state);
  const usable = new Set(state.kind === "closed" ? [] : room.transports.value.map(({ name }) => name));
  const shown = room.known;
  const tabStop = [focused.value, used, shown[0]?.name].find(
    (name) => name !== null && name !== undefined && usable.has(name),
  );

  const move = (event: KeyboardEvent, from: string): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const names = shown.map(({ name }) => name).filter((name) => usable.has(name));
    const next = names.at((names.indexOf(from) + step) % names.length);
    if (next === undefined) return;
    focused.value = next;
    group.current?.querySelector<HTMLElement>(`[data-transport="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <div class="switch">
      <button
        type="button"
        class="choice auto"
        aria-pressed={room.choice.value === AUTO}
        disabled={state.kind === "closed"}
        title="Use the best transport that works"
        onClick={() => room.switchTo(AUTO)}
      >
        Auto
      </button>
      <div class="choices" role="radiogroup" aria-label="Transport" ref={group}>
        {shown.map((transport) => {
          const { name } = transport;
          const isUsable = usable.has(name);
          return (
            // biome-ignore lint/a11y/useSemanticElements: a native radio button chooses when an arrow key reaches it.
            <button
              key={name}
              type="button"
              role="radio"
              class={`choice ${styleOf(name).tone} ${name === trying ? "trying" : ""}`}
              data-transport={name}
              aria-checked={name === used}
              aria-busy={name === trying}
              disabled={!isUsable}
              tabIndex={name === tabStop ? 0 : -1}
              title={`${transport.title}: ${isUsable ? styleOf(name).summary : "not supported here"}`}
              onClick={() => room.switchTo(name)}
              onFocus={() => {
                focused.value = name;
              }}
              onBlur={() => {
                focused.value = null;
              }}
              onKeyDown={(event) => move(event, name)}
            >
              <TransportIcon transport={name} />
              <span>{shortTitle(transport)}</span>
            </button>
          );
        })}
      </div>
      {problem !== null && (
        <p class="switch-problem" role="alert">
          {titleIn(room, problem.to)} couldn't be opened
          {used === null ? "" : `; you are still on ${titleIn(room, used)}`}. <span class="why">{problem.why}</span>
        </p>
      )}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Returns the transport that is being opened. */
function openingTransport(state: ConnectionState): string | null {
  switch (state.kind) {
    case "connecting":
      return state.transport;
    case "live":
      return state.switchingTo;
    case "reconnecting":
      return state.inMs === 0 ? state.transport : null;
    case "closed":
      return null;
  }
}
