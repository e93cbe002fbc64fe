import type { Signal } from "@preact/signals";
import { shortTitle, styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import { spanText } from "./figures.ts";
import { BOUNDS, bounded, type Plan } from "./plan.ts";
import type { Session } from "./session.ts";

/** What opening, warming up and waiting for the last message take beside each transport's own time. */
const AROUND_SECONDS = 1;

const AMOUNTS = [
  { name: "rate", label: "Rate", unit: "messages/s" },
  { name: "bytes", label: "Size", unit: "bytes" },
  { name: "seconds", label: "Duration", unit: "s each" },
] as const;

interface PlanFormProps {
  readonly session: Session;
  readonly plan: Signal<Plan>;
  /** Messages a second that the server takes of one session; null: any number, or not known. */
  readonly commandsPerSecond: number | null;
}

/** What is to be measured, and the button that begins it. */
export function PlanForm({ session, plan, commandsPerSecond }: PlanFormProps) {
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
        {/* One button for both, so that the keyboard's focus stays on it. */}
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
            : `One after the other, so that none disturbs another: about ${spanText(transports.length * (seconds + AROUND_SECONDS))}.`}
          {tooFast &&
            ` The server limits each member to ${commandsPerSecond} messages/s: start it with --rate-limit off for higher rates.`}
        </p>
      </div>
    </form>
  );
}
