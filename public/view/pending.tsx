import type { Pending } from "../model/outbox.ts";
import { useRoom } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Line } from "./message.tsx";

const WORDS = { sending: "sending", sent: "sent", failed: "not sent" } as const;

/** Without a connection nothing is being sent. */
function useProgress(kind: Pending["state"]["kind"]): string {
  const { state } = useRoom();
  if (kind !== "sending" || state.value.kind === "live") return WORDS[kind];
  return "waiting for the network";
}

const ICONS = { sending: "clock", sent: "tick", failed: "warning" } as const;

interface Props {
  readonly row: string;
  readonly pending: Pending;
  readonly head: boolean;
  readonly me: string;
}

/** An own message on its way, or one that did not get there. */
export function PendingLine({ row, pending: { id, text, at, state }, head, me }: Props) {
  const { outbox } = useRoom();
  const progress = useProgress(state.kind);
  return (
    <Line
      row={row}
      author={me}
      at={at}
      text={text}
      head={head}
      own={true}
      tag={null}
      look={state.kind}
      aside={
        <span class={`badge progress-${state.kind}`}>
          <Icon name={ICONS[state.kind]} />
          {progress}
        </span>
      }
    >
      {state.kind === "failed" && (
        <p class="failure">
          <span>{state.why}</span>
          <button type="button" class="link" onClick={() => outbox.retry(id)}>
            Try again
          </button>
          <button type="button" class="link" onClick={() => outbox.discard(id)}>
            Discard
          </button>
        </p>
      )}
    </Line>
  );
}
