import { useState } from "preact/hooks";
import type { Opened } from "./open-report.ts";
import { Results } from "./results.tsx";

/** A report that was opened: one of its questions at a time. */
export function Foreign({ opened, close }: { readonly opened: Opened; readonly close: () => void }) {
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
