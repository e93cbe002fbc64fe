/** The result of a measurement: in words, as percentile curves, as a table, and as files to save. */
import { useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { styleOf, TransportPill } from "../../../public/view/transports.tsx";
import { colorAt, dashesOf } from "../colors.ts";
import { saveFile } from "../files.tsx";
import { threeDigits } from "../format.ts";
import { csvOf, type Line } from "./bench-report.ts";
import { curvesOf, percentText, ticksOf } from "./percentile-curves.ts";
import { Plot } from "./plot.tsx";

interface ResultsProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Returns the content of the JSON file. */
  readonly json: () => string;
}

export function Results({ title, lines, json }: ResultsProps) {
  const plot = useRef<uPlot | null>(null);
  const [drawn, setDrawn] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = lines.filter(({ label, latency }) => latency.count > 0 && !hidden.has(label));
  const curves = curvesOf(shown.map(({ latency }) => latency));
  const toggle = (label: string): void => {
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    setHidden(next);
  };
  return (
    <section class="bench-results" aria-label="The result">
      <h2>{title}</h2>
      <ul class="bench-words">
        {describedOf(lines).map((line) => (
          <li key={line.label}>{inWords(line)}</li>
        ))}
      </ul>
      {shown.length > 0 && (
        <Plot
          label="Percentiles of the latency in ms, one curve for each transport"
          curves={shown.map(({ label, transport, kind }) => ({ label, transport, aside: kind === "other" }))}
          data={() => [[...curves.nines], ...curves.ms.map((ms) => [...ms])]}
          xLabel="of the messages had arrived"
          xTicks={percentText}
          xSplits={ticksOf(curves)}
          onPlot={(made) => {
            plot.current = made;
            setDrawn(made !== null);
          }}
        />
      )}
      <Table lines={lines} hidden={hidden} toggle={toggle} />
      <SaveButtons
        title={title}
        lines={lines}
        shown={drawn ? shown : []}
        json={json}
        canvas={() => plot.current?.ctx.canvas ?? null}
      />
    </section>
  );
}

/** If there are more lines than this, only Skyrocket's are described in words. */
const FEW = 6;

function describedOf(lines: readonly Line[]): readonly Line[] {
  return lines.length <= FEW ? lines : lines.filter(({ kind }) => kind === "ours");
}

function inWords({ label, latency, faults }: Line): string {
  if (latency.count === 0) return `${label}: no measurement. ${faults.join(" ")}`;
  const at = (percent: number): string => `${threeDigits(latency.percentile(percent) / 1_000)} ms`;
  const words = `${label}: half arrived within ${at(50)}, 99 of 100 within ${at(99)}.`;
  return faults.length === 0 ? words : `${words} Discarded: ${faults.join(" ")}`;
}

interface TableProps {
  readonly lines: readonly Line[];
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (label: string) => void;
}

const PERCENTS = [50, 90, 99, 99.9];

function Table({ lines, hidden, toggle }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard too.
    <section class="bench-scroll" aria-label="Latencies" tabIndex={0}>
      <table class="bench-table">
        <caption>Latency in ms, from when a message was due until its receipt</caption>
        <thead>
          <tr>
            <th scope="col">Measured</th>
            {PERCENTS.map((percent) => (
              <th key={percent} scope="col">
                p{percent}
              </th>
            ))}
            <th scope="col">highest</th>
            <th scope="col">received</th>
            <th scope="col">lost</th>
            <th scope="col">duplicated</th>
            <th scope="col" title="99 % of the messages were sent at most this long after they were due">
              send delay of this page, p99
            </th>
            <th scope="col">valid</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ label, transport, latency, counts, faults }) => (
            <tr key={label} class={faults.length === 0 ? "" : "bench-invalid"}>
              <th scope="row">
                <label class="bench-shown">
                  <input type="checkbox" checked={!hidden.has(label)} onChange={() => toggle(label)} />
                  <span class="sr">Draw the curve of </span>
                  <TransportPill transport={transport} title={label} />
                </label>
              </th>
              {PERCENTS.map((percent) => (
                <td key={percent}>{latency.count === 0 ? "–" : threeDigits(latency.percentile(percent) / 1_000)}</td>
              ))}
              <td>{latency.count === 0 ? "–" : threeDigits(latency.max / 1_000)}</td>
              <td>
                {counts.sent === null ? counts.received.toLocaleString("en") : `${counts.received} of ${counts.sent}`}
              </td>
              <td class={counts.lost > 0 ? "bench-bad" : ""}>{counts.lost}</td>
              <td class={counts.duplicated > 0 ? "bench-bad" : ""}>{counts.duplicated}</td>
              <td>{counts.lateMs === null ? "–" : threeDigits(counts.lateMs)}</td>
              <td>{faults.length === 0 ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface SaveButtonsProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The lines in the picture; empty where no picture can be drawn. */
  readonly shown: readonly Line[];
  readonly json: () => string;
  /** Returns the picture as it is drawn now, or null. */
  readonly canvas: () => HTMLCanvasElement | null;
}

const NAME = "skyrocket-bench";

/** Saves the measurement as JSON, its table as CSV, its picture as PNG. */
function SaveButtons({ title, lines, shown, json, canvas }: SaveButtonsProps) {
  return (
    <p class="bench-take">
      <button
        type="button"
        class="quiet-button"
        onClick={() => saveFile(`${NAME}.json`, new Blob([json()], { type: "application/json" }))}
      >
        Save as JSON
      </button>
      <button
        type="button"
        class="quiet-button"
        onClick={() => saveFile(`${NAME}.csv`, new Blob([csvOf(lines)], { type: "text/csv" }))}
      >
        Save as CSV
      </button>
      {shown.length > 0 && (
        <button
          type="button"
          class="quiet-button"
          onClick={({ currentTarget }) => {
            const drawn = canvas();
            if (drawn !== null) pictureOf(drawn, title, shown, currentTarget).toBlob(saveAsPicture);
          }}
        >
          Save as PNG
        </button>
      )}
    </p>
  );
}

function saveAsPicture(blob: Blob | null): void {
  if (blob !== null) saveFile(`${NAME}.png`, blob);
}

function toneAt(place: HTMLElement, tone: string): string {
  return colorAt(place, { classes: `bench-ink ${tone}` });
}

/** Sizes in the saved picture, CSS pixels. */
const EDGE = 16;
const LINE = 22;
const SAMPLE = 36;

/** Returns the plot with title, background and legend. */
function pictureOf(
  plot: HTMLCanvasElement,
  title: string,
  lines: readonly Line[],
  place: HTMLElement,
): HTMLCanvasElement {
  const scale = devicePixelRatio;
  const picture = document.createElement("canvas");
  const head = EDGE + LINE * (lines.length + 1);
  picture.width = plot.width + 2 * EDGE * scale;
  picture.height = plot.height + (head + EDGE) * scale;
  const pen = picture.getContext("2d");
  if (pen === null) return plot;
  pen.fillStyle = toneAt(place, "bench-card");
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(plot, EDGE * scale, head * scale);
  pen.scale(scale, scale);
  pen.textBaseline = "middle";
  pen.lineCap = "round";
  const font = getComputedStyle(place).fontFamily;
  const write = (text: string, x: number, row: number, weight: number): void => {
    pen.fillStyle = toneAt(place, "bench-strong");
    pen.font = `${weight} 13px ${font}`;
    pen.fillText(text, x, EDGE + LINE * (row + 0.5));
  };
  write(`Skyrocket · latency in ms · ${title}`, EDGE, 0, 600);
  for (const [index, { label, transport, faults }] of lines.entries()) {
    const y = EDGE + LINE * (index + 1.5);
    pen.strokeStyle = toneAt(place, styleOf(transport).tone);
    pen.lineWidth = 2;
    pen.setLineDash(dashesOf(styleOf(transport).dash));
    pen.beginPath();
    pen.moveTo(EDGE, y);
    pen.lineTo(EDGE + SAMPLE, y);
    pen.stroke();
    write(faults.length === 0 ? label : `${label} (discarded)`, EDGE + SAMPLE + 10, index + 1, 400);
  }
  return picture;
}
