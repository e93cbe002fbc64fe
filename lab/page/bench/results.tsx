import { useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { TransportPill } from "../../../public/view/transports.tsx";
import { curvesOf, percentText, ticksOf } from "./curves.ts";
import { msFigure, msText } from "./figures.ts";
import { Plot } from "./plot.tsx";
import type { Line } from "./report.ts";
import { TakeAway } from "./take-away.tsx";

interface ResultsProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** What is saved as JSON. */
  readonly json: () => string;
}

/** The percentiles of a measurement: in words, as curves, as a table, and to take away. */
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
        {toldOf(lines).map((line) => (
          <li key={line.label}>{inWords(line)}</li>
        ))}
      </ul>
      {shown.length > 0 && (
        <Plot
          label="Percentiles of the latency in ms, one curve for each transport"
          curves={shown.map(({ label, transport, kind }) => ({ label, transport, aside: kind === "other" }))}
          data={() => [[...curves.nines], ...curves.ms.map((ms) => [...ms])]}
          xLabel="of the messages were there by then"
          xTicks={percentText}
          xSplits={ticksOf(curves)}
          held={(made) => {
            plot.current = made;
            setDrawn(made !== null);
          }}
        />
      )}
      <Table lines={lines} hidden={hidden} toggle={toggle} />
      <TakeAway
        title={title}
        lines={lines}
        shown={drawn ? shown : []}
        json={json}
        canvas={() => plot.current?.ctx.canvas ?? null}
      />
    </section>
  );
}

/** More lines than this are a table's affair: then only ours are told in words. */
const FEW = 6;

function toldOf(lines: readonly Line[]): readonly Line[] {
  return lines.length <= FEW ? lines : lines.filter(({ kind }) => kind === "ours");
}

function inWords({ label, latency, faults }: Line): string {
  if (latency.count === 0) return `${label}: no measurement. ${faults.join(" ")}`;
  const at = (percent: number): string => msText(latency.percentile(percent) / 1_000);
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
    <section class="bench-scroll" aria-label="The table" tabIndex={0}>
      <table class="bench-table">
        <caption>Latency in ms, from the moment a message was due to its receipt</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            {PERCENTS.map((percent) => (
              <th key={percent} scope="col">
                p{percent}
              </th>
            ))}
            <th scope="col">highest</th>
            <th scope="col">received</th>
            <th scope="col">lost</th>
            <th scope="col">duplicated</th>
            <th scope="col">generator late, p99</th>
            <th scope="col">counts</th>
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
                <td key={percent}>{latency.count === 0 ? "–" : msFigure(latency.percentile(percent) / 1_000)}</td>
              ))}
              <td>{latency.count === 0 ? "–" : msFigure(latency.max / 1_000)}</td>
              <td>
                {counts.sent === null ? counts.received.toLocaleString("en") : `${counts.received} of ${counts.sent}`}
              </td>
              <td class={counts.lost > 0 ? "bench-bad" : ""}>{counts.lost}</td>
              <td class={counts.duplicated > 0 ? "bench-bad" : ""}>{counts.duplicated}</td>
              <td>{counts.lateMs === null ? "–" : msFigure(counts.lateMs)}</td>
              <td>{faults.length === 0 ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
