import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { styleOf } from "../../../public/view/transports.tsx";
import { dashOf, type Inks, inksOf } from "./ink.ts";

/** One curve of a plot. */
export interface Curve {
  readonly label: string;
  readonly transport: string;
  /** Thinner and paler: somebody else's. */
  readonly aside: boolean;
}

interface PlotProps {
  /** What it shows, for those who don't see it; the numbers stand in a table beside it. */
  readonly label: string;
  readonly curves: readonly Curve[];
  /** The x values, then each curve's y in ms. Read anew at every redraw, as it may be growing. */
  readonly data: () => uPlot.AlignedData;
  readonly xLabel: string;
  readonly xTicks: (value: number) => string;
  /** Where the x axis ends; undefined: at the last value. */
  readonly xEnd?: number;
  /** Of its x axis, if not as they fall. */
  readonly xSplits?: readonly number[];
  /** Gives the plot to whoever redraws it or takes its picture; null when it goes. */
  readonly held: (plot: uPlot | null) => void;
}

const HEIGHT = 300;
const USUAL_TYPE = 16;
/** What is shown before there is a value. */
const EMPTY: [number, number] = [0.1, 1_000];

/** Curves over a logarithmic axis of ms, in the colours and dashes of their transports. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  const [scale, setScale] = useState(scaleOf);
  const { curves, xEnd } = props;
  // Made anew when its curves are others, not whenever its caller is drawn again.
  const shape = JSON.stringify([curves, xEnd, scale]);

  useEffect(() => {
    const gone = new AbortController();
    // Loaded when it is needed, and done without where it can't be, or where the browser has no canvas.
    loadMaker()
      .then((Maker) => {
        if (place.current === null || gone.signal.aborted) return;
        // The library would find out in a later turn, where nobody catches it.
        if (document.createElement("canvas").getContext("2d") === null) throw new Error("There is no canvas.");
        draw(Maker, { ...props, scale, restyled: () => setScale(scaleOf()) }, place.current, gone.signal);
      })
      .catch(() => setFailed(true));
    return () => gone.abort();
  }, [shape]);

  if (failed) return <p class="bench-hint">The picture can't be drawn in this browser; the table has its numbers.</p>;
  return <div class="bench-plot" ref={place} role="img" aria-label={props.label} />;
}

/**
 * The library formats numbers in `navigator.language` when it is loaded, and fails where that is no language tag (`C`,
 * `en-US@posix`, as in containers). There it is loaded as in English.
 */
async function loadMaker(): Promise<typeof uPlot> {
  if (isLanguage(navigator.language)) return (await import("uplot")).default;
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
  try {
    return (await import("uplot")).default;
  } finally {
    Reflect.deleteProperty(navigator, "language");
  }
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

interface Drawn extends PlotProps {
  readonly scale: number;
  /** Called when the page looks otherwise. */
  readonly restyled: () => void;
}

/** By how much the page's type is larger than usual: a canvas doesn't follow it by itself. */
function scaleOf(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_TYPE;
}

function draw(Maker: typeof uPlot, props: Drawn, element: HTMLElement, signal: AbortSignal): void {
  const inks = inksOf(element, () => {
    plot.redraw(false);
    props.restyled();
  });
  const plot = new Maker(optionsOf(Maker, props, element.clientWidth, inks), props.data(), element);
  const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT * props.scale }));
  resized.observe(element);
  props.held(plot);
  signal.addEventListener("abort", () => {
    props.held(null);
    resized.disconnect();
    inks.end();
    plot.destroy();
  });
}

function optionsOf(
  Maker: typeof uPlot,
  { curves, xLabel, xTicks, xEnd, xSplits, scale }: Drawn,
  width: number,
  inks: Inks,
): uPlot.Options {
  const font = `${12 * scale}px "Inter Variable", Inter, system-ui, sans-serif`;
  const axis: uPlot.Axis = {
    stroke: () => inks.of("bench-soft"),
    font,
    labelFont: font,
    labelSize: 20 * scale,
    grid: { stroke: () => inks.of("bench-line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT * scale,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    padding: [12, 12, 0, 0],
    scales: {
      x: { time: false, range: (_plot, min, max) => [min, xEnd ?? max] },
      y: {
        distr: 3,
        // Whole powers of ten, so that the axis stands still while values come.
        range: (_plot, min, max) => (min === null || max === null ? EMPTY : Maker.rangeLog(min, max, 10, true)),
      },
    },
    axes: [
      {
        ...axis,
        size: 28 * scale,
        label: xLabel,
        values: (_plot, splits) => splits.map(xTicks),
        ...(xSplits === undefined ? {} : { splits: [...xSplits] }),
      },
      {
        ...axis,
        size: 72 * scale,
        splits: (_plot, _axis, min, max) => powersBetween(min, max),
        filter: (_plot, splits) => splits,
        values: (_plot, splits) => splits.map((value) => `${value.toLocaleString("en")} ms`),
      },
    ],
    series: [
      {},
      ...curves.map(({ label, transport, aside }) => ({
        label,
        stroke: () => inks.of(styleOf(transport).tone),
        width: (aside ? 1 : 2) * scale,
        alpha: aside ? 0.6 : 1,
        dash: dashOf(styleOf(transport).dash).map((length) => length * scale),
        cap: "round" as const,
        spanGaps: true,
        points: { show: false },
      })),
    ],
  };
}

function powersBetween(min: number, max: number): number[] {
  const [first, last] = [Math.round(Math.log10(min)), Math.round(Math.log10(max))];
  return Array.from({ length: last - first + 1 }, (_, step) => Number(`1e${first + step}`));
}
