import { useSignal } from "@preact/signals";
import type { Run } from "../../engine/run.ts";
import { RunFileError, runFile, runFileName } from "../../engine/run-file.ts";

/** Saves a run as a file, sessions replaced, to be opened again on the page for replays. */
export function SaveRun({ take }: { readonly take: () => Run }) {
  const trouble = useSignal("");
  const save = (): void => {
    trouble.value = "";
    try {
      const run = take();
      hand(runFile(run), runFileName(run));
    } catch (error) {
      if (!(error instanceof RunFileError)) throw error;
      trouble.value = error.message;
    }
  };
  return (
    <>
      <button
        type="button"
        class="quiet-button"
        title="A file that can be replayed anywhere; sessions in it are replaced"
        onClick={save}
      >
        Save this run
      </button>
      {trouble.value !== "" && (
        <p class="replay-trouble" role="alert">
          {trouble.value}
        </p>
      )}
    </>
  );
}

function hand(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has its own hold on what it is saving.
  URL.revokeObjectURL(url);
}
