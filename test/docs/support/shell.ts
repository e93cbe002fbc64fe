import { spawn, spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import type { Block } from "./blocks.ts";
import { ROOT } from "./documents.ts";

/** A command as a document writes it, and what it says comes of it. */
export interface Step {
  readonly command: string;
  readonly stated: string;
  /** Line of the document its block begins at. */
  readonly line: number;
}

/** Between two commands' output; no command here prints it. */
const MARK = "\u001e";

export function hasCurl(): boolean {
  return spawnSync("curl", ["--version"]).status === 0;
}

/** The commands of `console` blocks: each begins with `$ ` and may go on over lines while a quote is open. */
export function stepsOf(blocks: readonly Block[]): readonly Step[] {
  return blocks.flatMap(({ text, line }) => {
    const steps: { command: string; stated: string[]; line: number }[] = [];
    for (const part of text.split("\n")) {
      const last = steps.at(-1);
      if (part.startsWith("$ ")) steps.push({ command: part.slice(2), stated: [], line });
      else if (last === undefined) throw new Error(`the block in line ${line} does not begin with a command`);
      else if (hasOpenQuote(last.command)) last.command += `\n${part}`;
      else last.stated.push(part);
    }
    return steps.map(({ command, stated }) => ({ command, stated: stated.join("\n"), line }));
  });
}

/** Runs commands in one shell, in one folder, one after the other, and gives what each wrote. */
export async function runSteps(steps: readonly Step[], cwd: string): Promise<readonly string[]> {
  const script = steps.map(({ command }) => `${command}\nprintf '\\036'`).join("\n");
  const bin = fileURLToPath(new URL("node_modules/.bin", ROOT));
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const shell = spawn("bash", ["-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
    });
  }
  await new Promise((resolve) => shell.once("close", resolve));
  return output.split(MARK).slice(0, steps.length);
}

function hasOpenQuote(command: string): boolean {
  return (command.split("'").length - 1) % 2 === 1;
}
