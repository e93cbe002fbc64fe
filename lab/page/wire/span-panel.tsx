import { useEffect, useState } from "preact/hooks";
import { concat, hex, latin1 } from "../../engine/decoder/bytes.ts";
import { requestHead } from "../../engine/decoder/http-head.ts";
import { acceptSteps, chunkAt, PURPOSES, type Span } from "../../engine/decoder/index.ts";
import { bytesText, preciseSeconds } from "../format.ts";
import type { Side } from "./model/message-bytes.ts";
import { checksOf } from "./model/shell-checks.ts";
import type { FoundSpan, Wire } from "./model/wire-state.ts";

/** Bytes of a span that the panel shows. */
const MAX_SHOWN_BYTES = 64;

interface SpanPanelProps {
  readonly wire: Wire;
  readonly server: URL;
  /** The lanes' room. */
  readonly room: string;
  /** Whether the run is live, so that its sessions exist on the server. */
  readonly live: boolean;
}

/** Explains the selected bytes, and offers commands that show the same elsewhere. */
export function SpanPanel({ wire, server, room, live }: SpanPanelProps) {
  const item = wire.selected.value;
  const found = wire.span.value;
  const shown = wire.hovered.value ?? found;
  const sides = wire.sides.value;
  if (item === null) return <aside class="wire-span wire-empty" aria-label="Explanation" />;
  const checks = checksOf(item.message.kind, sides, found?.span ?? null, { server, room });
  return (
    <aside class="wire-span" aria-label="Explanation">
      <div aria-live="polite">{shown !== null && <Explanation {...shown} />}</div>
      <Handshake sides={sides} />
      {checks.length > 0 && (
        <section class="wire-checks" aria-labelledby="wire-checks">
          <h3 id="wire-checks">Check it yourself</h3>
          {!live && (
            <p class="wire-soft">In a saved run the sessions are replaced: requests that need one get 401 or 404.</p>
          )}
          {checks.map((check) => (
            <CommandBox key={check.command} {...check} />
          ))}
        </section>
      )}
    </aside>
  );
}

function Explanation({ side, span }: FoundSpan) {
  const { title } = PURPOSES[span.purpose];
  const read = chunkAt(side.reads, span.from);
  const number = read === undefined ? 0 : side.reads.indexOf(read) + 1;
  return (
    <>
      <h3>{span.label}</h3>
      <p>
        <span class={`wire-purpose p-${span.purpose}`}>{title}</span>
        <span class="wire-soft figure">{` ${bytesText(span.to - span.from)}, at byte ${span.from.toLocaleString("en")} of this connection, ${side.direction === "up" ? "client to server" : "server to client"}`}</span>
      </p>
      <p>{span.explanation}</p>
      {span.source !== undefined && <p class="wire-soft">{span.source}</p>}
      {span.fields !== undefined && span.fields.length > 0 && (
        <dl class="wire-fields">
          {span.fields.map(({ name, value, explanation }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
                {explanation !== undefined && <span class="wire-soft"> {explanation}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Raw side={side} span={span} />
      {read !== undefined && (
        <p class="wire-soft figure">
          {`Arrived with socket read ${number} of ${side.reads.length}, at ${preciseSeconds(read.at)}`}
          {read.heldMs >= 0.5 && `, held by the weather for ${Math.round(read.heldMs)} ms`}.
        </p>
      )}
    </>
  );
}

function Raw({ side, span: { from, to } }: { readonly side: Side; readonly span: Span }) {
  const end = Math.min(to, from + MAX_SHOWN_BYTES);
  const parts = side.pieces.flatMap((piece) =>
    "bytes" in piece ? [piece.bytes.subarray(Math.max(0, from - piece.from), Math.max(0, end - piece.from))] : [],
  );
  const raw = concat(parts);
  const more = to - from > raw.length ? " …" : "";
  return (
    <p class="wire-raw">
      <code>{hex(raw) + more}</code>
      <code>
        {latin1(raw)
          .replaceAll("\r", "␍")
          .replaceAll("\n", "␊")
          .replace(/[^\x20-\x7e␍␊]/g, "·") + more}
      </code>
    </p>
  );
}

/** Shows step by step how a handshake's key becomes its answer. */
function Handshake({ sides }: { readonly sides: readonly Side[] }) {
  const key = keyOf(sides);
  if (key === null) return null;
  return (
    <section class="wire-steps" aria-labelledby="wire-steps">
      <h3 id="wire-steps">From Sec-WebSocket-Key to Sec-WebSocket-Accept</h3>
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

const STATUS_MS = 2_000;

interface CommandBoxProps {
  readonly title: string;
  readonly command: string;
}

/** A command line to copy into a terminal. */
function CommandBox({ title, command }: CommandBoxProps) {
  const [status, setStatus] = useState("");
  useEffect(() => {
    if (status === "") return;
    const timer = setTimeout(() => setStatus(""), STATUS_MS);
    return () => clearTimeout(timer);
  }, [status]);
  const copy = (): void => {
    // Pages that another machine serves over plain HTTP have no clipboard.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    const byHand = () => setStatus("Not copied: select it and copy it by hand");
    if (clipboard === undefined) byHand();
    else clipboard.writeText(command).then(() => setStatus("Copied"), byHand);
  };
  return (
    <div class="wire-command">
      <p>
        <span>{title}</span>
        <span role="status">{status}</span>
        <button type="button" class="link" aria-label={`Copy: ${title}`} onClick={copy}>
          Copy
        </button>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <pre tabIndex={0}>
        <code>{command}</code>
      </pre>
    </div>
  );
}
