import { escapeHtml } from "./html-text.ts";
import { byLeg, glyph, nameIn, signOf } from "./look.ts";
import { type Curve, curvePanel, domainOf } from "./svg/curves.ts";
import type { Tick } from "./svg/scale.ts";

/** More curves than this in one panel can't be told apart: then each leg has a panel. */
const MOST = 9;

/**
 * Curves in panels beside one another, on the same axes, so that they can be read across; a leg that is late by design
 * has its own. Each leg's panel has the bare socket's curve to be held against.
 */
export function panelsOf(title: string, heading: string, xTicks: readonly Tick[], curves: readonly Curve[]): string {
  if (curves.length <= MOST) return panel(title, escapeHtml(heading), xTicks, curves);
  const floors = curves.filter(({ row }) => row.leg === "raw");
  const yDomain = domainOf(curves.filter(({ row }) => !signOf(row.leg).apart));
  return byLeg(curves.filter(({ row }) => row.leg !== "raw"))
    .map(({ sign, items }) => {
      const named = heading === "" ? sign.title : `${sign.title}: ${heading}`;
      const head = `<span class="${sign.tone}">${glyph(sign)}</span>${escapeHtml(named)}`;
      const own = items.map((curve) => ({ ...curve, label: nameIn(sign, curve.row) }));
      return panel(`${title}: ${sign.title}`, head, xTicks, [...floors, ...own], sign.apart ? null : yDomain);
    })
    .join("");
}

/** Panels side by side where there is room, under what they show. */
export function panelFigure(caption: string, panels: readonly string[]): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption><div class="panels">${panels.join("")}</div></figure>`;
}

/** One panel; `heading` is HTML. Without a domain of y it has what its curves need. */
function panel(
  title: string,
  heading: string,
  xTicks: readonly Tick[],
  curves: readonly Curve[],
  yDomain: readonly [number, number] | null = null,
): string {
  const head = heading === "" ? "" : `<h4>${heading}</h4>`;
  return `<div class="panel">${head}${curvePanel(title, { xTicks, yDomain: yDomain ?? domainOf(curves) }, curves)}</div>`;
}

/** A row's curve under its name. */
export function curveOf(row: Curve["row"], points: Curve["points"]): Curve {
  return { label: row.name, row, dash: signOf(row.leg).dash, points };
}
