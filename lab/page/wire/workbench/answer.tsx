import type { RunLane } from "../../../engine/run.ts";
import type { Item } from "../model/record.ts";
import { bytes, laneTitle, typesOf, wayOf } from "../words.ts";
import type { Draft } from "./draft.ts";
import type { Sending } from "./sending.ts";

interface AnswerProps {
  readonly sending: Sending;
  readonly draft: Draft;
  readonly lanes: readonly RunLane[];
  readonly lane: number;
  choose(lane: number): void;
  see(item: Item): void;
}

/** Sends the frame, and shows what came of it. */
export function Answer({ sending, draft, lanes, lane, choose, see }: AnswerProps) {
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
        On a connection of its own, behind a handshake, in a room of its own. It ends when the server ends it, or after
        5 s of silence.
      </p>
      {trouble !== "" && (
        <p class="wire-wrong" role="alert">
          {trouble}
        </p>
      )}
      {answer !== null && (
        <ol class="bench-came" aria-label="What the connection carried" aria-live="polite">
          {answer.length === 0 && <li class="wire-soft">Sent; nothing has come through the lane yet.</li>}
          {answer.map((item) => (
            <li key={item.passage.id}>
              <span>
                <span aria-hidden="true">{wayOf(item).arrow} </span>
                <span class="sr">{wayOf(item).says} </span>
                {item.passage.title}
                {item.passage.status !== 0 && ` ${item.passage.status}`}
                {item.passage.types.length > 0 && ` · ${typesOf(item.passage.types)}`}
              </span>
              <span class="figure wire-soft">
                {bytes(
                  item.passage.split.up.payload +
                    item.passage.split.up.overhead +
                    item.passage.split.down.payload +
                    item.passage.split.down.overhead,
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
