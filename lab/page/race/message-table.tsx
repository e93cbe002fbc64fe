import type { RunLane } from "../../engine/run.ts";
import { ms } from "../model/figures.ts";
import type { MessageStory } from "../model/story/parts.ts";
import type { Story } from "../model/story/story.ts";
import { titleOf } from "./title.ts";

interface MessageTableProps {
  readonly story: Story;
  readonly lanes: readonly RunLane[];
  readonly at: number;
}

const SHOWN = 20;

/** What the lanes draw, as a table: for ears, for copying, and to look things up. */
export function MessageTable({ story, lanes, at }: MessageTableProps) {
  const until = story.messages.findLastIndex((message) => message.at <= at) + 1;
  const messages = story.messages.slice(Math.max(0, until - SHOWN), until).reverse();
  return (
    <details class="message-table">
      <summary>As a table: the last {SHOWN} messages</summary>
      <section class="table-scroll" aria-label="The last messages">
        <table class="figure">
          <thead>
            <tr>
              <th scope="col">Message</th>
              <th scope="col">seq</th>
              {lanes.map(({ lane, transport }) => (
                <th key={lane} scope="col">
                  {titleOf(transport)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {messages.map((message) => (
              <tr key={message.name}>
                <th scope="row">{message.name}</th>
                <td>{message.seq ?? message.refused ?? "…"}</td>
                {lanes.map(({ lane }) => (
                  <td key={lane}>{cell(message, lane, at)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function cell({ receipts }: MessageStory, lane: number, at: number): string {
  const receipt = receipts.get(lane);
  if (receipt === undefined || receipt.at > at) return "…";
  return `${ms(receipt.latencyMs)}${receipt.replayed ? ", replayed" : ""}`;
}
