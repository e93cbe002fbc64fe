import { signOf } from "./signs.ts";

/** A transport's glyph. A decoration: its name always stands beside it, or in the label of what it is part of. */
export function Glyph({ transport }: { readonly transport: string | undefined }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={signOf(transport).path} />
    </svg>
  );
}

/** A transport's glyph and name on its colour. */
export function Pill({ transport, title }: { readonly transport: string; readonly title: string }) {
  return (
    <span class={`pill ${signOf(transport).tone}`}>
      <Glyph transport={transport} />
      {title}
    </span>
  );
}

/** The connection as a line in the transport's own dashes; `off` where there is none. */
export function Wire({ transport, off }: { readonly transport: string; readonly off: boolean }) {
  const sign = signOf(transport);
  return (
    <svg class={`wire ${off ? "wire-off" : sign.tone}`} aria-hidden="true" focusable="false">
      <line x1="0" y1="2" x2="100%" y2="2" stroke-dasharray={off ? "2 10" : sign.dash} />
    </svg>
  );
}
