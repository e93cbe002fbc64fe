import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Foreign } from "./foreign.tsx";
import { Live } from "./live.tsx";
import type { Opened } from "./open-report.ts";
import { Opener } from "./opener.tsx";
import { planOf, planText, queryOf } from "./plan.ts";
import { PlanForm } from "./plan-form.tsx";
import { lineOf } from "./report.ts";
import { Results } from "./results.tsx";
import type { Session } from "./session.ts";

interface BenchScreenProps {
  readonly session: Session;
  /** Messages a second that the server takes of one session; null: any number, or not known. */
  readonly commandsPerSecond: number | null;
}

/** The measuring table. The plan is in the page's address, so that it can be linked to. */
export function BenchScreen({ session, commandsPerSecond }: BenchScreenProps) {
  const names = useMemo(() => session.known.map(({ name }) => name), [session]);
  const plan = useSignal(useMemo(() => planOf(new URLSearchParams(location.search), names), [names]));
  const opened = useSignal<Opened | null>(null);
  useEffect(() => history.replaceState(history.state, "", `?${queryOf(plan.value)}`), [plan.value]);
  // A page that is left has nobody to measure for.
  useEffect(() => session.stop, [session]);

  const running = session.running.value;
  const report = session.report.value;
  const foreign = opened.value;
  return (
    <main class="bench">
      <h1>The measuring table</h1>
      <p class="bench-lead">
        How long does a message take? Each transport sends at an even pace, whatever the answers do, and times every
        message from the moment it was due to the moment it is back with its sender.
      </p>
      <PlanForm session={session} plan={plan} commandsPerSecond={commandsPerSecond} />
      {running !== null && <Live session={session} running={running} />}
      {running === null && foreign === null && report !== null && (
        <Results
          key={report.startedAt}
          title={planText(report.plan)}
          lines={report.readings.map(lineOf)}
          json={() => JSON.stringify(report, null, 2)}
        />
      )}
      {running === null && foreign !== null && (
        <Foreign
          key={foreign.title}
          opened={foreign}
          close={() => {
            opened.value = null;
          }}
        />
      )}
      {running === null && foreign === null && report === null && (
        <p class="bench-empty">
          Nothing measured yet. While it measures, the time of every message is drawn; afterwards there are percentile
          curves, a table, and JSON, CSV and PNG to take away.
        </p>
      )}
      {running === null && <Opener opened={opened} />}
    </main>
  );
}
