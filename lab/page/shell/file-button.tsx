interface FileButtonProps {
  readonly title: string;
  chosen(file: File): void;
}

/** A button that asks for a JSON file. */
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
          // So that the same file can be opened again.
          currentTarget.value = "";
        }}
      />
    </label>
  );
}
