import { useLab } from "../context.ts";

/** What is wrong between this page and the laboratory, if anything is. */
export function ControlNotice() {
  const { state } = useLab();
  switch (state.value.kind) {
    case "open":
    case "elsewhere":
      return null;
    case "connecting":
      return (
        <p class="lab-notice" role="status">
          Opening the lanes…
        </p>
      );
    case "refused":
      return (
        <p class="lab-notice bad" role="alert">
          <span>{state.value.message}</span>
          <Again />
        </p>
      );
    case "lost":
      return (
        <p class="lab-notice bad" role="alert">
          <span>{state.value.message}</span>
          <Again />
        </p>
      );
  }
}

/** Lanes, clock and recording belong to one connection: another one is another page. */
function Again() {
  return (
    <button type="button" class="quiet-button" onClick={() => location.reload()}>
      Reconnect
    </button>
  );
}
