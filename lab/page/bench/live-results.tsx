import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { TransportPill } from "../../../public/view/transports.tsx";
import { threeDigits } from "../format.ts";
import { messagesOf } from "./bench-plan.ts";
import { progressOf, type Running, type Session } from "./bench-session.ts";
import { Plot } from "./plot.tsx";
import type { Reading } from "./reading.ts";

/** Time between two updates of the numbers. The curves are drawn once per frame. */
const TABLE_MS = 500;
/** Time between two drawings of the curves under reduced motion. */
const STILL_MS = 1_000;

/** Shows a measurement in progress, with its numbers so far. */
export function Live({ session, running }: { readonly session: Session; readonly running: Running }) {
  const plot = useRef<uPlot | null>(null);
  const shown = useRef(running);
  shown.current = running;
  useEvery(TABLE_MS);
  useEffect(() => {
    let drawn = -1;
    return redrawing(() => {
      const received = shown.current.readings.reduce((sum, reading) => sum + reading.received, 0);
      if (received === drawn || plot.current === null) return;
      drawn = received;
      plot.current.setData(dataOf(shown.current));
    });
  }, []);

  const { plan, readings } = running;
  const last = readings.at(-1);
  const name = session.titleOf(last?.transport ?? plan.transports[0] ?? "");
  const where = `${name}, ${readings.length} of ${plan.transports.length}`;
  const percent = Math.round(progressOf(running) * 100);
  return (
    <section class="bench-live" aria-label="The run">
      <p class="bench-progress">
        <progress max={100} value={percent} aria-label={`Measured so far: ${percent} %`} />
        <span class="figure">
          {where} · {last?.sent ?? 0} of {messagesOf(plan)} messages
        </span>
      </p>
      <p class="sr" role="status">
        Measuring {where}
      </p>
      <Plot
        label="Latency of each message in ms over the time of the run, one curve for each transport"
        curves={plan.transports.map((transport) => ({ label: session.titleOf(transport), transport, aside: false }))}
        data={() => dataOf(shown.current)}
        xLabel="seconds since the transport's first message"
        xTicks={(seconds) => String(seconds)}
        xEnd={plan.seconds}
        onPlot={(made) => {
          plot.current = made;
        }}
      />
      <table class="bench-table">
        <caption class="sr">Results so far</caption>
        <thead>
          <tr>
            <th scope="col">Transport</th>
            <th scope="col">p50, ms</th>
            <th scope="col">p99, ms</th>
            <th scope="col">received</th>
          </tr>
        </thead>
        <tbody>
          {readings.map((reading) => (
            <LiveRow key={reading.transport} reading={reading} title={session.titleOf(reading.transport)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function LiveRow({ reading, title }: { readonly reading: Reading; readonly title: string }) {
  const at = (percent: number): string =>
    reading.latency.count === 0 ? "–" : threeDigits(reading.latency.percentile(percent) / 1_000);
  return (
    <tr>
      <th scope="row">
        <TransportPill transport={reading.transport} title={title} />
      </th>
      <td>{at(50)}</td>
      <td>{at(99)}</td>
      <td>
        {reading.received} of {reading.sent}
      </td>
    </tr>
  );
}

/** Returns each transport's latencies at the times when its messages were due: the same times for all. */
function dataOf({ plan, readings }: Running): uPlot.AlignedData {
  const seconds = Array.from({ length: messagesOf(plan) }, (_, number) => number / plan.rate);
  return [
    seconds,
    ...plan.transports.map((transport) => {
      const reading = readings.find((one) => one.transport === transport);
      return reading === undefined ? seconds.map(() => null) : reading.latencies;
    }),
  ];
}

/** Renders a component again every `ms`. */
function useEvery(ms: number): void {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => again((times) => times + 1), ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** Calls `draw` once per frame, or once per STILL_MS under reduced motion. Returns a function that ends this. */
function redrawing(draw: () => void): () => void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const timer = setInterval(draw, STILL_MS);
    return () => clearInterval(timer);
  }
  let frame = requestAnimationFrame(function next() {
    draw();
    frame = requestAnimationFrame(next);
  });
  return () => cancelAnimationFrame(frame);
}
