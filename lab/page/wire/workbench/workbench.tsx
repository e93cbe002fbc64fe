import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { newId } from "../../../../public/model/world.ts";
import type { Order } from "../../../engine/control.ts";
import { encodeFrame } from "../../../engine/decoder/ws-frame.ts";
import type { RunLane } from "../../../engine/run.ts";
import { bytesText } from "../../format.ts";
import type { Playback } from "../../model/playback.ts";
import type { Item } from "../model/wire-record.ts";
import type { Wire } from "../model/wire-state.ts";
import { directionText, laneTitle, typesOf } from "../wire-text.ts";
import { createDraft, type Draft } from "./frame-draft.ts";
import { Controls, FrameBytes } from "./frame-editor.tsx";
import { createSending, type Sending } from "./frame-sending.ts";

const FIRST = '{"type":"say","id":"w1","text":"Hello"}';

interface WorkbenchProps {
  readonly playback: Playback;
  readonly wire: Wire;
  readonly order: (order: Order) => void;
  readonly server: URL;
  /** Shows a recorded message. */
  see(item: Item): void;
}

/** The frame workbench: edit a frame as text or bytes, and send it to the server. */
export function Workbench({ playback, wire, order, server, see }: WorkbenchProps) {
  const draft = useMemo(() => {
    const payload = new TextEncoder().encode(FIRST);
    return createDraft(encodeFrame({ fin: true, rsv: 0, opcode: 1, mask: randomBytes(4), payload }));
  }, []);
  const sending = useMemo(
    () => createSending(wire, order, { server, newKey: () => randomBytes(16), openSession: () => openSession(server) }),
    [wire, order, server],
  );
  const lanes = playback.run.value.lanes;
  const chosen = useSignal<number | null>(null);
  const lane = chosen.value ?? lanes.find(({ transport }) => transport === "websocket")?.lane ?? 0;
  return (
    <div class="bench-frame">
      <Controls draft={draft} newKey={() => randomBytes(4)} />
      <FrameBytes draft={draft} />
      <Answer
        sending={sending}
        draft={draft}
        lanes={lanes}
        lane={lane}
        choose={(one) => (chosen.value = one)}
        see={see}
      />
    </div>
  );
}

function randomBytes(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

/** Opens a session in a separate room: experiments must not affect the race. */
async function openSession(server: URL): Promise<string> {
  const room = `workbench-${newId()}`;
  const response = await fetch(new URL("api/sessions", server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room, name: "Workbench" }),
  });
  const answer: unknown = await response.json();
  if (typeof answer === "object" && answer !== null && "session" in answer && typeof answer.session === "string") {
    return answer.session;
  }
  throw new Error(`No session was opened: ${response.status}.`);
}

interface AnswerProps {
  readonly sending: Sending;
  readonly draft: Draft;
  readonly lanes: readonly RunLane[];
  readonly lane: number;
  choose(lane: number): void;
  see(item: Item): void;
}

/** Sends the frame and shows the reaction. */
function Answer({ sending, draft, lanes, lane, choose, see }: AnswerProps) {
  const answer = sending.answer.value;
  const trouble = sending.trouble.value;
  return (
    <section class="bench-answer" aria-label="Send it">
      <div class="bench-send">
        <button type="button" class="primary" onClick={() => void sending.send(lane, draft.bytes.value)}>
          Send it to the server
        </button>
        <label>
          <span>through the lane of</span>
          <select value={lane} onChange={({ currentTarget: { value } }) => choose(Number(value))}>
            {lanes.map((one) => (
              <option key={one.lane} value={one.lane}>
                {laneTitle(lanes, one.lane)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="wire-soft">
        It is sent after a handshake, on a separate connection, in a separate room. The connection ends when the server
        closes it, or after 5 s of silence.
      </p>
      {trouble !== "" && (
        <p class="wire-wrong" role="alert">
          {trouble}
        </p>
      )}
      {answer !== null && (
        <ol class="bench-came" aria-label="What the connection carried" aria-live="polite">
          {answer.length === 0 && <li class="wire-soft">Sent. No bytes have arrived yet.</li>}
          {answer.map((item) => (
            <li key={item.message.id}>
              <span>
                <span aria-hidden="true">{directionText(item).arrow} </span>
                <span class="sr">{directionText(item).says} </span>
                {item.message.title}
                {item.message.status !== 0 && ` ${item.message.status}`}
                {item.message.types.length > 0 && ` · ${typesOf(item.message.types)}`}
              </span>
              <span class="figure wire-soft">
                {bytesText(
                  item.message.split.up.payload +
                    item.message.split.up.overhead +
                    item.message.split.down.payload +
                    item.message.split.down.overhead,
                )}
              </span>
              <button type="button" class="link" onClick={() => see(item)}>
                Its bytes
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
