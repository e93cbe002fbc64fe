/** A process of real clients: takes one order over IPC, answers with what they saw, and ends with the channel. */
import { isSwitchOrder, type SwitchAnswer } from "./messages.ts";
import { runSwitching } from "./run.ts";

function answer(message: SwitchAnswer): void {
  process.send?.(message);
}

process.on("message", (order) => {
  if (!isSwitchOrder(order)) return;
  runSwitching(order).then(
    (report) => answer({ type: "switched", report }),
    (error: unknown) => answer({ type: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
// The bench has ended, in whatever way.
process.on("disconnect", () => process.exit(0));
