import { LAB_LIMITS } from "../../engine/control.ts";
import type { Cut, Weather } from "../../engine/weather.ts";
import { NumberField, OptionalField } from "./fields.tsx";

const HOWS: readonly { readonly how: Cut; readonly says: string }[] = [
  { how: "fin", says: "FIN: in good order" },
  { how: "rst", says: "RST: with an error" },
  { how: "silence", says: "silence: nobody is told" },
];
const [LEAST] = LAB_LIMITS.everyMs;

interface CutFieldsProps {
  readonly weather: Weather;
  change(part: Partial<Weather>): void;
}

/** What happens again and again at random: cuts and stalls. */
export function CutFields({ weather: { cut, stall }, change }: CutFieldsProps) {
  return (
    <>
      <OptionalField
        label="cut at an age of about"
        unit="ms"
        value={cut?.everyMs ?? null}
        least={LEAST}
        first={10_000}
        set={(everyMs) => change({ cut: everyMs === null ? null : { how: cut?.how ?? "fin", everyMs } })}
      />
      {cut !== null && (
        <label class="field">
          how{" "}
          <select
            value={cut.how}
            onChange={({ currentTarget }) => {
              const chosen = HOWS.find(({ how }) => how === currentTarget.value);
              if (chosen !== undefined) change({ cut: { ...cut, how: chosen.how } });
            }}
          >
            {HOWS.map(({ how, says }) => (
              <option key={how} value={how}>
                {says}
              </option>
            ))}
          </select>
        </label>
      )}
      <OptionalField
        label="a standstill about every"
        unit="ms"
        value={stall?.everyMs ?? null}
        least={LEAST}
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
