import { stampedText } from "../generator/stamp.ts";

/** The command by which a message is published: the same JSON for every server, in whatever envelope it wants. */
export function say(number: number, textBytes: number): string {
  return JSON.stringify({ type: "say", id: `p${number}`, text: stampedText(number, textBytes) });
}

/** The text of a `say` command. Throws on anything else. */
export function textOf(json: string): string {
  const command: unknown = JSON.parse(json);
  const text = typeof command === "object" && command !== null && "text" in command ? command.text : undefined;
  if (typeof text !== "string") throw new TypeError(`only say commands are published, not ${json}`);
  return text;
}
