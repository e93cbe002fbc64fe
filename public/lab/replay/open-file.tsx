import type { Library } from "./library.ts";

/** Opens a file, and says what is being opened and what could not be. */
export function OpenFile({ library }: { readonly library: Library }) {
  const { opening, trouble } = library;
  return (
    <div class="replay-open">
      <label class="quiet-button">
        Open a file
        <input
          class="sr"
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file !== undefined) void library.openFile(file);
            // So that the same file can be opened again.
            currentTarget.value = "";
          }}
        />
      </label>
      <p class="replay-busy" role="status">
        {opening.value === null ? "" : `Opening ${opening.value}…`}
      </p>
      {trouble.value !== null && (
        <p class="replay-trouble" role="alert">
          {trouble.value}
        </p>
      )}
    </div>
  );
}
