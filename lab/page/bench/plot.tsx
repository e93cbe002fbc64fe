/** A plot of curves on a canvas, drawn by uPlot. */
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { styleOf } from "../../../public/view/transports.tsx";
import { colorAt, dashesOf, watchTheme } from "../colors.ts";

/** One curve of a plot. */
interface Curve {
  readonly label: string;
  readonly transport: string;
  /** Drawn thinner and paler because it shows another server. */
  readonly aside: boolean;
}

interface PlotProps {
  /** Describes the plot for screen readers, which find its numbers in the table beside it. */
  readonly label: string;
  readonly curves: readonly Curve[];
  /**
   * Returns the x values, then each curve's y in ms. Called once, when the plot is made. For later data, call `setData` on
   * the plot that `onPlot` gave.
   */
  readonly data: () => uPlot.AlignedData;
  readonly xLabel: string;
  readonly xTicks: (value: number) => string;
  /** Where the x axis ends; at the last value if undefined. */
  readonly xEnd?: number;
  /** Ticks of the x axis; chosen by the library if undefined. */
  readonly xSplits?: readonly number[];
  /** Gets the plot, to redraw it or save its picture; null when it is removed. */
  readonly onPlot: (plot: uPlot | null) => void;
}

const HEIGHT = 300;
const USUAL_FONT_PX = 16;
/** The range of the y axis before there is a value, ms. */
const EMPTY: [number, number] = [0.1, 1_000];

/** Draws curves in the colors and dashes of their transports. The y axis is logarithmic, in ms. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  const [scale, setScale] = useState(scaleOf);
  const { curves, xEnd } = props;
  // Make a new plot only for other curves, another end of the x axis or another font size, not whenever the caller renders.
  const shape = JSON.stringify([curves, xEnd, scale]);

  useEffect(() => {
    const gone = new AbortController();
    // Without the library or a canvas, the table has the numbers.
    loadUPlot()
      .then((UPlot) => {
        if (place.current === null || gone.signal.aborted) return;
        // The library would throw later, where nothing catches it.
        if (document.createElement("canvas").getContext("2d") === null) throw new Error("There is no canvas.");
        draw(UPlot, { ...props, scale, restyled: () => setScale(scaleOf()) }, place.current, gone.signal);
      })
      .catch(() => setFailed(true));
    return () => gone.abort();
  }, [shape]);

  if (failed) return <p class="bench-hint">The picture can't be drawn in this browser; the table has its numbers.</p>;
  return <div class="bench-plot" ref={place} role="img" aria-label={props.label} />;
}

/**
 * Loads uPlot. It formats numbers in `navigator.language` while loading, and throws if that is not a language tag (`C` or
 * `en-US@posix` in containers). English replaces it there for the time of loading.
 */
async function loadUPlot(): Promise<typeof uPlot> {
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
  /** Called after a change of the theme, which can also change the font size. */
  readonly restyled: () => void;
}

/** Returns the page's font size relative to the usual one. What is drawn on a canvas has to be scaled by it. */
function scaleOf(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_FONT_PX;
}

function draw(UPlot: typeof uPlot, props: Drawn, element: HTMLElement, signal: AbortSignal): void {
  const colors = new Map<string, string>();
  /** Each color is read once per theme. */
  const colorOf = (tone: string): string => {
    const color = colors.get(tone) ?? colorAt(element, { classes: `bench-ink ${tone}` });
    colors.set(tone, color);
    return color;
  };
  const stopWatching = watchTheme(() => {
    colors.clear();
    plot.redraw(false);
    props.restyled();
  });
  const plot = new UPlot(optionsOf(UPlot, props, element.clientWidth, colorOf), props.data(), element);
  const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT * props.scale }));
  resized.observe(element);
  props.onPlot(plot);
  signal.addEventListener("abort", () => {
    props.onPlot(null);
    resized.disconnect();
    stopWatching();
    plot.destroy();
  });
}

function optionsOf(
  UPlot: typeof uPlot,
  { curves, xLabel, xTicks, xEnd, xSplits, scale }: Drawn,
  width: number,
  colorOf: (tone: string) => string,
): uPlot.Options {
  const font = `${12 * scale}px "Inter Variable", Inter, system-ui, sans-serif`;
  const axis: uPlot.Axis = {
    stroke: () => colorOf("bench-soft"),
    font,
    labelFont: font,
    labelSize: 20 * scale,
    grid: { stroke: () => colorOf("bench-line"), width: 1 },
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
        // Whole powers of ten, so that the axis stays in place while values arrive.
        range: (_plot, min, max) => (min === null || max === null ? EMPTY : UPlot.rangeLog(min, max, 10, true)),
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
        stroke: () => colorOf(styleOf(transport).tone),
        width: (aside ? 1 : 2) * scale,
        alpha: aside ? 0.6 : 1,
        dash: dashesOf(styleOf(transport).dash).map((length) => length * scale),
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
