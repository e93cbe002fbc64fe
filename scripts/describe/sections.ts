/** The parts of a hand-written document that are made from code, by the name in their markers. */
export type Sections = Readonly<Record<string, string>>;

const MARKED = /(<!-- made by `npm run docs`: ([a-z-]+) -->\n)[\s\S]*?(<!-- end of \2 -->)/g;

/**
 * The document with every marked part made anew.
 * Throws when a document marks a part that nothing makes, or lacks one that is made for it.
 */
export function fill(document: string, sections: Sections): string {
  const missing = new Set(Object.keys(sections));
  const filled = document.replace(MARKED, (_whole, open: string, name: string, close: string) => {
    const section = sections[name];
    if (section === undefined)
      throw new Error(`nothing makes the section "${name}": see scripts/describe/documents.ts`);
    missing.delete(name);
    return `${open}${section}\n${close}`;
  });
  if (missing.size > 0) throw new Error(`the document has no markers for: ${[...missing].join(", ")}`);
  return filled;
}
