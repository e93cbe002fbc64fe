import { useTyped } from "../shell/use-typed.ts";

interface NumberFieldProps {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
  set(value: number): void;
}

/** A whole number within its bounds; what is outside of them is not set. */
export function NumberField({ label, unit, value, least = 0, most, set }: NumberFieldProps) {
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
  /** null: it is not so. */
  readonly value: number | null;
  /** What it is when it is switched on. */
  readonly first: number;
  set(value: number | null): void;
}

/** A number that may be switched off. */
export function OptionalField({ label, value, first, set, ...rest }: OptionalFieldProps) {
  return (
    <div class="field">
      <label>
        <input
          type="checkbox"
          aria-label={value === null ? undefined : `${label}: so it is`}
          checked={value !== null}
          onChange={({ currentTarget }) => set(currentTarget.checked ? first : null)}
        />{" "}
        {value === null && label}
      </label>
      {value !== null && <NumberField label={label} value={value} set={set} {...rest} />}
    </div>
  );
}
