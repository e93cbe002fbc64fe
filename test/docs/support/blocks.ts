/** A fenced block of a Markdown document. */
export interface Block {
  /** First word after the fence. */
  readonly language: string;
  /** What follows it on the same line. */
  readonly info: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** Every fenced block of a Markdown document, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { language: string; info: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (open === null) {
      const fence = /^```([\w-]+) ?(.*)$/.exec(line);
      if (fence !== null) open = { language: fence[1] ?? "", info: fence[2] ?? "", line: index + 1, lines: [] };
    } else if (line === "```") {
      blocks.push({ language: open.language, info: open.info, text: open.lines.join("\n"), line: open.line });
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== null) throw new Error(`the block opened at line ${open.line} is not closed`);
  return blocks;
}
