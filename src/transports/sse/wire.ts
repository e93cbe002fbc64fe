import { formatCursor } from "../../protocol/cursor.ts";
import type { DownEvent } from "../../protocol/events.ts";
import type { Cursor, Epoch } from "../../protocol/ids.ts";

/** How long a native EventSource waits before it connects again, in ms. */
const RETRY_MS = 2_000;

/** Returns the stream's first bytes. They give a native EventSource its cursor before the first event. */
export function opening(cursor: Cursor): Buffer {
  return Buffer.from(`retry: ${RETRY_MS}\nid: ${cursor}\n\n`);
}

/** One event-stream event per event; `id:` is the cursor after it. WHATWG HTML, section 9.2.5. */
export function frame(events: readonly DownEvent[], epoch: Epoch): Buffer {
  let text = "";
  for (const event of events) text += block(event, epoch);
  return Buffer.from(text);
}

/** JSON has no raw line breaks, so the data is always one line. */
function block(event: DownEvent, epoch: Epoch): string {
  const data = `data: ${JSON.stringify(event)}\n\n`;
  switch (event.type) {
    case "message":
    case "joined":
    case "left":
      return `id: ${formatCursor(epoch, event.seq)}\n${data}`;
    case "live":
    case "gap":
      return `event: ${event.type}\nid: ${event.cursor}\n${data}`;
    case "typing":
    case "census":
    case "idle":
    case "bye":
      return `event: ${event.type}\n${data}`;
  }
}
