/** The form for custom weather. */
import { LAB_LIMITS } from "../../engine/control.ts";
import type { Cut, LinkConditions, Weather } from "../../engine/weather.ts";
import { useLab } from "../context.ts";
import { useTyped } from "../shell/use-typed.ts";

const [MIN_BYTES_PER_SECOND] = LAB_LIMITS.bytesPerSecond;

/** Sets every value of the weather. Both directions get the same values. */
export function ByHand() {
  const { weatherControl } = useLab();
  const weather = weatherControl.weather.value;
  const change = (part: Partial<Weather>): void => weatherControl.change({ ...weather, ...part });
  const changeBothDirections = (part: Partial<LinkConditions>): void => {
    change({ up: { ...weather.up, ...part }, down: { ...weather.down, ...part } });
  };
  return (
    <details class="by-hand">
      <summary>By hand</summary>
      <div class="fields">
        <NumberField
          label="delay each way"
          unit="ms"
          value={weather.down.delayMs}
          most={LAB_LIMITS.delayMs}
          set={(delayMs) => changeBothDirections({ delayMs })}
        />
        <NumberField
          label="jitter on top, up to"
          unit="ms"
          value={weather.down.jitterMs}
          most={LAB_LIMITS.delayMs}
          set={(jitterMs) => changeBothDirections({ jitterMs })}
        />
        <OptionalField
          label="bandwidth"
          unit="bytes/s"
          value={weather.down.bytesPerSecond}
          least={MIN_BYTES_PER_SECOND}
          first={10_000}
          set={(bytesPerSecond) => changeBothDirections({ bytesPerSecond })}
        />
        <OptionalField
          label="packet size"
          unit="bytes"
          value={weather.down.packetBytes}
          least={1}
          first={200}
          set={(packetBytes) => changeBothDirections({ packetBytes })}
        />
        <CutFields weather={weather} change={change} />
        <OptionalField
          label="idle connections end after"
          unit="ms"
          value={weather.idleCutMs}
          least={LAB_LIMITS.everyMs[0]}
          first={10_000}
          set={(idleCutMs) => change({ idleCutMs })}
        />
        <Check label="a proxy that buffers responses" value={weather.buffers} set={(buffers) => change({ buffers })} />
        <Check
          label="a proxy that strips Upgrade"
          value={weather.stripsUpgrade}
          set={(stripsUpgrade) => change({ stripsUpgrade })}
        />
        <Check label="new connections are refused" value={weather.refuses} set={(refuses) => change({ refuses })} />
        <NumberField
          label="seed"
          unit=""
          value={weatherControl.seed.value}
          most={LAB_LIMITS.seed}
          set={weatherControl.setSeed}
        />
      </div>
    </details>
  );
}

interface CheckProps {
  readonly label: string;
  readonly value: boolean;
  set(value: boolean): void;
}

function Check({ label, value, set }: CheckProps) {
  return (
    <label class="field">
      <input type="checkbox" checked={value} onChange={({ currentTarget }) => set(currentTarget.checked)} /> {label}
    </label>
  );
}

const CUTS: readonly { readonly how: Cut; readonly says: string }[] = [
  { how: "fin", says: "FIN: a normal close" },
  { how: "rst", says: "RST: with an error" },
  { how: "silence", says: "silence: neither end is notified" },
];
const [MIN_INTERVAL_MS] = LAB_LIMITS.everyMs;

interface CutFieldsProps {
  readonly weather: Weather;
  change(part: Partial<Weather>): void;
}

/** Faults that repeat at random intervals: cuts and stalls. */
function CutFields({ weather: { cut, stall }, change }: CutFieldsProps) {
  return (
    <>
      <OptionalField
        label="cut each connection after about"
        unit="ms"
        value={cut?.everyMs ?? null}
        least={MIN_INTERVAL_MS}
        first={10_000}
        set={(everyMs) => change({ cut: everyMs === null ? null : { how: cut?.how ?? "fin", everyMs } })}
      />
      {cut !== null && (
        <label class="field">
          how{" "}
          <select
            value={cut.how}
            onChange={({ currentTarget }) => {
              const chosen = CUTS.find(({ how }) => how === currentTarget.value);
              if (chosen !== undefined) change({ cut: { ...cut, how: chosen.how } });
            }}
          >
            {CUTS.map(({ how, says }) => (
              <option key={how} value={how}>
                {says}
              </option>
            ))}
          </select>
        </label>
      )}
      <OptionalField
        label="stall about every"
        unit="ms"
        value={stall?.everyMs ?? null}
        least={MIN_INTERVAL_MS}
        first={10_000}
        set={(everyMs) => change({ stall: everyMs === null ? null : { forMs: stall?.forMs ?? 1_000, everyMs } })}
      />
      {stall !== null && (
        <NumberField
          label="lasting"
          unit="ms"
          value={stall.forMs}
          most={LAB_LIMITS.forMs}
          set={(forMs) => change({ stall: { ...stall, forMs } })}
        />
      )}
    </>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
  set(value: number): void;
}

/** A whole number. Values out of bounds are not set. */
function NumberField({ label, unit, value, least = 0, most, set }: NumberFieldProps) {
  const typed = useTyped(String(value));
  return (
    <label class="field">
      {label}{" "}
      <input
        type="number"
        inputMode="numeric"
        value={typed.shown}
        min={least}
        max={most}
        step="1"
        onInput={({ currentTarget }) => typed.keep(currentTarget.value)}
        onChange={({ currentTarget }) => {
          if (currentTarget.reportValidity()) set(currentTarget.valueAsNumber);
        }}
        onBlur={typed.drop}
      />{" "}
      {unit}
    </label>
  );
}

interface OptionalFieldProps extends Omit<NumberFieldProps, "value" | "set"> {
  /** null while it is off. */
  readonly value: number | null;
  /** The value when it is switched on. */
  readonly first: number;
  set(value: number | null): void;
}

/** A number that can be switched off. */
function OptionalField({ label, value, first, set, ...rest }: OptionalFieldProps) {
  return (
    <div class="field">
      <label>
        <input
          type="checkbox"
          aria-label={value === null ? undefined : `${label}: on`}
          checked={value !== null}
          onChange={({ currentTarget }) => set(currentTarget.checked ? first : null)}
        />{" "}
        {value === null && label}
      </label>
      {value !== null && <NumberField label={label} value={value} set={set} {...rest} />}
    </div>
  );
}
