/** A time in ms to three figures, with its unit: "0.86 ms", "12.4 ms", "1,240 ms". */
export function msText(ms: number): string {
  return `${msFigure(ms)} ms`;
}

/** The same without the unit, for columns that name it. */
export function msFigure(ms: number): string {
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : 2;
  return ms.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** "40 s", "2 min 5 s". */
export function spanText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
