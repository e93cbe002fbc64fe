/** A latency or a span as people read it. */
export function ms(value: number | null): string {
  if (value === null) return "–";
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} s`;
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

/** The number alone; its unit stands beside it, small. */
export function msFigure(value: number | null): { readonly figure: string; readonly unit: string } {
  const [figure = "", unit = ""] = ms(value).split(" ");
  return { figure, unit: unit === "" ? "ms" : unit };
}

export function bytes(value: number): string {
  if (value < 10_000) return `${Math.round(value).toLocaleString("en")} B`;
  if (value < 10_000_000) return `${(value / 1_000).toFixed(0)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

/** A place on the axis, against its right edge. */
export function span(value: number): string {
  return value >= 1_000 ? `${Number((value / 1_000).toFixed(2))} s` : `${Number(value.toFixed(1))} ms`;
}
