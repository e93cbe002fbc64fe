import { FileButton } from "../shell/file-button.tsx";
import type { Library } from "./library.ts";

/** Opens a file, and says what is being opened and what could not be. */
export function OpenFile({ library }: { readonly library: Library }) {
  const { opening, trouble } = library;
  return (
    <div class="replay-open">
      <FileButton title="Open a file" chosen={(file) => void library.openFile(file)} />
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
