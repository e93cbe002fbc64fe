import { stampedText } from "../generator/stamp.ts";

/** The command that publishes message `number`. */
export function say(number: number, textBytes: number): string {
  return JSON.stringify({ type: "say", id: `p${number}`, text: stampedText(number, textBytes) });
}
