/** From a value to a place on an axis. */
export type Scale = (value: number) => number;

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export function linear([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  const span = to - from === 0 ? 1 : to - from;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Values below the domain stand at its beginning. */
export function logarithmic([from, to]: readonly [number, number], range: readonly [number, number]): Scale {
  const scale = linear([Math.log(from), Math.log(to)], range);
  return (value) => scale(Math.log(Math.max(value, from)));
}

/** 1, 2 and 5 times the powers of ten between two values; the powers alone where those would be too many. */
export function logTicks(from: number, to: number, most = 12): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    for (const step of [1, 2, 5]) ticks.push(step * 10 ** power);
  const inside = ticks.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
  return inside.length > most ? inside.filter((tick) => isPowerOfTen(tick)) : inside;
}

/** Round steps from 0 up to `to`. */
export function linearTicks(to: number): number[] {
  const rough = to / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? power;
  return Array.from({ length: Math.floor(to / step) + 1 }, (_, at) => at * step);
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}
