import { concat } from "../../engine/decoder/bytes.ts";
import { requestHead } from "../../engine/decoder/http-head.ts";
import { acceptSteps } from "../../engine/decoder/index.ts";
import type { Side } from "./model/shown.ts";

/** From the key of a WebSocket handshake to its answer, step by step; nothing for other passages. */
export function Handshake({ sides }: { readonly sides: readonly Side[] }) {
  const key = keyOf(sides);
  if (key === null) return null;
  return (
    <section class="wire-steps" aria-labelledby="wire-steps">
      <h3 id="wire-steps">From the key to the Accept</h3>
      <ol>
        {acceptSteps(key).map(({ title, value, explanation }) => (
          <li key={title}>
            <b>{title}</b>
            <code>{value}</code>
            <span class="wire-soft">{explanation}</span>
          </li>
        ))}
      </ol>
      <p class="wire-soft">RFC 6455, section 4.2.2</p>
    </section>
  );
}

function keyOf(sides: readonly Side[]): string | null {
  const up = sides.find(({ direction }) => direction === "up");
  if (up === undefined || !up.spans.some(({ label }) => label.toLowerCase() === "sec-websocket-key")) return null;
  const bytes = concat(up.pieces.flatMap((piece) => ("bytes" in piece ? [piece.bytes] : [])));
  return requestHead(bytes).headers.get("sec-websocket-key") ?? null;
}
