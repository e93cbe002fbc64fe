import { escapeHtml } from "../html-text.ts";

/** A number as an attribute: SVG needs no more than a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escapeHtml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: string): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" ${attributes}/>`;
}

/** A picture with its name for those who can't see it; the numbers stand in the table beside it. */
export function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return `<div class="wide"><svg viewBox="0 0 ${px(width)} ${px(height)}" role="img" aria-label="${escapeHtml(title)}" style="max-width:${px(width)}px"><title>${escapeHtml(title)}</title>${body.join("")}</svg></div>`;
}
