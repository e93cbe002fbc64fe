import { durationText } from "../format.ts";
import "uplot/dist/uPlot.min.css";
import "./bench.css";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { newId } from "../../../public/model/world.ts";
import { shortTitle, styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import { connect, defaultPlatform } from "../../../src/client/index.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { LabInfo } from "../../engine/control.ts";
import { serverOf } from "../address.ts";
import { FileButton } from "../files.tsx";
import { fetchInfo } from "../model/lab-host.ts";
import { BOUNDS, bounded, type Plan, planOf, planText, queryOf } from "./bench-plan.ts";
import { lineOf, type Opened, openReport, ReportError } from "./bench-report.ts";
import { createSession, type Session } from "./bench-session.ts";
import { Live } from "./live-results.tsx";
import { Results } from "./results.tsx";

/** Measures latencies from this browser to the server that the page came from. */
export function BenchScreen() {
  const session = useMemo(createBrowserSession, []);
  const [info, setInfo] = useState<LabInfo | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    fetchInfo(serverOf(location.href), leaving.signal).then(setInfo, () => undefined);
    return () => leaving.abort();
  }, []);
  return <Bench session={session} commandsPerSecond={info?.commandsPerSecond ?? null} />;
}

function createBrowserSession() {
  const platform = defaultPlatform();
  const known = clientTransports.filter((transport) => transport.supported(platform));
  return createSession({
    connect,
    server: serverOf(location.href),
    platform,
    isHidden: () => document.visibilityState === "hidden",
    newRoom: () => `bench-${newId()}`,
    known: known.map(({ name, title }) => ({ name, title })),
    surroundings: {
      browser: navigator.userAgent,
      cpus: navigator.hardwareConcurrency,
      isolated: globalThis.crossOriginIsolated === true,
    },
  });
}

interface BenchProps {
  readonly session: Session;
  /** The server's limit for one session, messages per second; null if there is none or it is unknown. */
  readonly commandsPerSecond: number | null;
}

/** The plan is in the page's address, so that it can be linked to. */
function Bench({ session, commandsPerSecond }: BenchProps) {
  const names = useMemo(() => session.known.map(({ name }) => name), [session]);
  const plan = useSignal(useMemo(() => planOf(new URLSearchParams(location.search), names), [names]));
  const opened = useSignal<Opened | null>(null);
  useEffect(() => history.replaceState(history.state, "", `?${queryOf(plan.value)}`), [plan.value]);
  // Leaving the page ends the measurement.
  useEffect(() => session.stop, [session]);

  const running = session.running.value;
  const report = session.report.value;
  const shown = opened.value;
  return (
    <main class="bench">
      <h1>Benchmark</h1>
      <p class="bench-lead">
        How long does a message take? Over each transport, the page sends at a fixed rate, whether or not responses have
        arrived. It times every message from when it was due until it comes back to its sender.
      </p>
      <PlanForm session={session} plan={plan} commandsPerSecond={commandsPerSecond} />
      {running !== null && <Live session={session} running={running} />}
      {running === null && shown === null && report !== null && (
        <Results
          key={report.startedAt}
          title={planText(report.plan)}
          lines={report.readings.map(lineOf)}
          json={() => JSON.stringify(report, null, 2)}
        />
      )}
      {running === null && shown !== null && (
        <OpenedReport
          key={shown.title}
          opened={shown}
          close={() => {
            opened.value = null;
          }}
        />
      )}
      {running === null && shown === null && report === null && (
        <p class="bench-empty">
          Nothing measured yet. While a measurement runs, the time of every message is drawn. Its result is a table and
          percentile curves, which you can save as JSON, CSV or PNG.
        </p>
      )}
      {running === null && <Opener opened={opened} />}
    </main>
  );
}

/** Time that each transport needs besides its plan: to connect, to warm up, and for the last messages. */
const AROUND_SECONDS = 1;

const AMOUNTS = [
  { name: "rate", label: "Rate", unit: "messages/s" },
  { name: "bytes", label: "Size", unit: "bytes" },
  { name: "seconds", label: "Duration", unit: "s each" },
] as const;

interface PlanFormProps {
  readonly session: Session;
  readonly plan: Signal<Plan>;
  /** The server's limit for one session, messages per second; null if there is none or it is unknown. */
  readonly commandsPerSecond: number | null;
}

/** The plan of the measurement, and the button that starts it. */
function PlanForm({ session, plan, commandsPerSecond }: PlanFormProps) {
  const { transports, rate, seconds } = plan.value;
  const busy = session.busy.value;
  const tooFast = commandsPerSecond !== null && rate > commandsPerSecond;
  const toggle = (name: string): void => {
    const chosen = new Set(transports);
    if (!chosen.delete(name)) chosen.add(name);
    const kept = session.known.map((one) => one.name).filter((one) => chosen.has(one));
    plan.value = { ...plan.value, transports: kept };
  };
  return (
    <form
      class="bench-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (busy) session.stop();
        else if (transports.length > 0) void session.start(plan.value);
      }}
    >
      <fieldset class="bench-ways" disabled={busy}>
        <legend>Transports</legend>
        {session.known.map((transport) => (
          <label key={transport.name} class={`bench-way ${styleOf(transport.name).tone}`}>
            <input
              type="checkbox"
              checked={transports.includes(transport.name)}
              onChange={() => toggle(transport.name)}
            />
            <TransportIcon transport={transport.name} />
            {shortTitle(transport)}
          </label>
        ))}
      </fieldset>
      {AMOUNTS.map(({ name, label, unit }) => (
        <label key={name} class="bench-amount">
          <span>{label}</span>
          <span class="bench-number">
            <input
              type="number"
              inputMode="numeric"
              name={name}
              min={BOUNDS[name][0]}
              max={BOUNDS[name][1]}
              value={plan.value[name]}
              disabled={busy}
              onChange={({ currentTarget }) => {
                const amount = bounded(name, currentTarget.valueAsNumber);
                plan.value = { ...plan.value, [name]: amount };
                currentTarget.value = String(amount);
              }}
            />
            <small>{unit}</small>
          </span>
        </label>
      ))}
      <div class="bench-begin">
        {/* One button for both keeps the keyboard focus. */}
        <button
          type="submit"
          class={`bench-go ${busy ? "quiet-button" : "primary"}`}
          disabled={transports.length === 0}
        >
          {busy ? "Stop" : "Measure"}
        </button>
        <p class="bench-hint">
          {transports.length === 0
            ? "Choose at least one transport."
            : `They run one after another, so that none disturbs another: about ${durationText(transports.length * (seconds + AROUND_SECONDS))}.`}
          {tooFast &&
            ` The server limits each member to ${commandsPerSecond} messages/s: start it with --rate-limit off for higher rates.`}
        </p>
      </div>
    </form>
  );
}

/** Shows an opened report, one part at a time. */
function OpenedReport({ opened, close }: { readonly opened: Opened; readonly close: () => void }) {
  const [chosen, choose] = useState(0);
  const part = opened.parts[chosen] ?? opened.parts[0];
  if (part === undefined) return null;
  return (
    <>
      <p class="bench-parts">
        <label>
          {opened.title}:{" "}
          <select value={chosen} onChange={({ currentTarget }) => choose(currentTarget.selectedIndex)}>
            {opened.parts.map(({ title }, index) => (
              <option key={title} value={index}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="quiet-button" onClick={close}>
          Close the report
        </button>
      </p>
      <Results key={chosen} title={part.title} lines={part.lines} json={() => opened.json} />
    </>
  );
}

/** Reports are smaller. */
const MAX_FILE_BYTES = 33_554_432;

/** Opens a saved measurement or a report of `npm run bench`. */
function Opener({ opened }: { readonly opened: Signal<Opened | null> }) {
  const problem = useSignal<string | null>(null);
  const read = async (file: File): Promise<void> => {
    try {
      if (file.size > MAX_FILE_BYTES) throw new ReportError("The file has more than 32 MiB. Choose a report.");
      opened.value = openReport(await file.text());
      problem.value = null;
    } catch (error) {
      problem.value = error instanceof ReportError ? error.message : "The file could not be read.";
    }
  };
  return (
    <div class="bench-open">
      <FileButton title="Open a report" chosen={(file) => void read(file)} />
      <span class="bench-hint">one saved here, or a JSON file of bench/results</span>
      {problem.value !== null && (
        <p class="bench-problem" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}
