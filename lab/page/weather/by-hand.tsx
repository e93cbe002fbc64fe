import { LAB_LIMITS } from "../../engine/control.ts";
import type { LinkConditions, Weather } from "../../engine/weather.ts";
import { useLab } from "../context.ts";
import { CutFields } from "./cut-fields.tsx";
import { NumberField, OptionalField } from "./fields.tsx";

const [NARROWEST] = LAB_LIMITS.bytesPerSecond;

/** Every number of the weather, to be set. The roads up and down are set alike. */
export function ByHand() {
  const { sky } = useLab();
  const weather = sky.weather.value;
  const change = (part: Partial<Weather>): void => sky.change({ ...weather, ...part });
  const roads = (part: Partial<LinkConditions>): void => {
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
          set={(delayMs) => roads({ delayMs })}
        />
        <NumberField
          label="jitter on top, up to"
          unit="ms"
          value={weather.down.jitterMs}
          most={LAB_LIMITS.delayMs}
          set={(jitterMs) => roads({ jitterMs })}
        />
        <OptionalField
          label="bandwidth"
          unit="bytes/s"
          value={weather.down.bytesPerSecond}
          least={NARROWEST}
          first={10_000}
          set={(bytesPerSecond) => roads({ bytesPerSecond })}
        />
        <OptionalField
          label="in packets of"
          unit="bytes"
          value={weather.down.packetBytes}
          least={1}
          first={200}
          set={(packetBytes) => roads({ packetBytes })}
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
        <Check label="a proxy that buffers answers" value={weather.buffers} set={(buffers) => change({ buffers })} />
        <Check
          label="a proxy that strips Upgrade"
          value={weather.stripsUpgrade}
          set={(stripsUpgrade) => change({ stripsUpgrade })}
        />
        <Check label="new connections are refused" value={weather.refuses} set={(refuses) => change({ refuses })} />
        <NumberField label="seed" unit="" value={sky.seed.value} most={LAB_LIMITS.seed} set={sky.setSeed} />
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
