/** Files that the page opens and saves. */
import { useSignal } from "@preact/signals";
import type { Run } from "../engine/run.ts";
import { RunFileError, runFile, runFileName } from "../engine/run-file.ts";

interface FileButtonProps {
  readonly title: string;
  chosen(file: File): void;
}

/** A button that opens a JSON file. */
export function FileButton({ title, chosen }: FileButtonProps) {
  return (
    <label class="quiet-button">
      {title}
      <input
        class="sr"
        type="file"
        accept=".json,application/json"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file !== undefined) chosen(file);
          // Otherwise choosing the same file again would not fire `change`.
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

/** A button that saves a run to be replayed. Session tokens in the file are replaced. */
export function SaveRun({ take }: { readonly take: () => Run }) {
  const trouble = useSignal("");
  const save = (): void => {
    trouble.value = "";
    try {
      const run = take();
      saveFile(runFileName(run), new Blob([runFile(run)], { type: "application/json" }));
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

/** Has the browser save a file under this name. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The download has started and keeps its own reference.
  URL.revokeObjectURL(link.href);
}
