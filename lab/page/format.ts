/** Writes times, sizes and names of transports for people, the same way in every part of the laboratory. */
import { shortTitle } from "../../public/view/transports.tsx";
import { clientTransports } from "../../src/transports/registry.client.ts";

/** Returns "0.9 ms", "48 ms", "1.2 s"; a dash for null. */
export function latencyText(ms: number | null): string {
  if (ms === null) return "–";
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** Returns `latencyText` in two parts, for places that show the number larger than its unit. */
export function latencyParts(ms: number | null): { readonly figure: string; readonly unit: string } {
  const [figure = "", unit = ""] = latencyText(ms).split(" ");
  return { figure, unit: unit === "" ? "ms" : unit };
}

/** Returns a latency in ms to three digits without its unit: "0.86", "12.4", "1,240". For columns that name the unit. */
export function threeDigits(ms: number): string {
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : 2;
  return ms.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Returns a time on an axis: "250 ms", "2.5 s". */
export function axisText(ms: number): string {
  return ms >= 1_000 ? `${Number((ms / 1_000).toFixed(2))} s` : `${Number(ms.toFixed(1))} ms`;
}

/** Returns a time of a run to the millisecond: "12.345 s". */
export function preciseSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

/** Returns a time of a run in minutes and seconds: "1:02.5". */
export function minutesText(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

/** Returns how long something takes: "40 s", "2 min 5 s". */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Returns "1,234 B", "12.3 kB", "114 kB", "12.3 MB". */
export function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${Math.round(bytes).toLocaleString("en")} B`;
  if (bytes < 10_000_000) return `${(bytes / 1_000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const LIST = new Intl.ListFormat("en", { type: "conjunction" });

/** Returns "a, b, and c". */
export function listText(parts: readonly string[]): string {
  return LIST.format(parts);
}

/** Returns a transport's short title, or its name if this page doesn't know it, as in a run from elsewhere. */
export function transportTitle(name: string): string {
  const known = clientTransports.find((transport) => transport.name === name);
  return known === undefined ? name : shortTitle(known);
}

/** Returns a transport's title for the middle of a sentence: "long polling", "WebSocket". */
export function transportInSentence(name: string): string {
  const title = transportTitle(name);
  return /^[A-Z][a-z]+( |$)/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}
