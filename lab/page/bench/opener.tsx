import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { FileButton } from "../shell/file-button.tsx";
import { type Opened, openReport, ReportError } from "./open-report.ts";

/** No report is nearly as large. */
const MOST_BYTES = 33_554_432;

/** Opens a saved measurement, or a report of `npm run bench`. */
export function Opener({ opened }: { readonly opened: Signal<Opened | null> }) {
  const problem = useSignal<string | null>(null);
  const read = async (file: File): Promise<void> => {
    try {
      if (file.size > MOST_BYTES) throw new ReportError("The file has more than 32 MiB. Choose a report.");
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
