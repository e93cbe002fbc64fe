import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { Folder } from "../support/folder.ts";
import type { Edit } from "./contract.ts";
import { apply } from "./edit.ts";
import { Sources } from "./sources.ts";

const CODE = `
import type { Frame } from "./frame.ts";

export class Lane {
  readonly #outlets: Outlet[] = [];
  #beat = (): void => this.idle();

  // Why "full" matters.
  write(frame: Frame): void {
    for (const outlet of this.#outlets) {
      const answer = outlet.write(frame); // "full" is one of the answers
      if (
        answer !== "more" &&
        answer !== undefined
      ) outlet.on("drain", () => { outlet.resume(); });
      else this.count(
        frame,
        1,
      );
    }
  }

  count(frame: Frame, readers: number): number {
    return frame.length * readers;
  }
}

export const sse = { mount(): void { start(); } };
function twice(): void {}
`;

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
mkdirSync(folder.at("src/deep"), { recursive: true });
writeFileSync(folder.at("src/deep/lane.ts"), CODE);
writeFileSync(folder.at("src/other.ts"), "function twice(): void {}\n");
const sources = new Sources(folder.path);

function change(edit: Edit): string {
  const mutation = { name: "a-mutation", breaks: "something", tests: [], ...edit };
  const { path, text } = apply(mutation, sources);
  expect(path).toBe("src/deep/lane.ts");
  return text.replaceAll(/\s+/g, " ");
}

test("a mutation replaces the one condition that contains a text, whatever its layout", () => {
  expect(change({ in: "Lane.write", condition: 'answer !== "more" && answer', becomes: "false" })).toContain(
    'if ( false ) outlet.on("drain"',
  );
});

test("a mutation replaces the innermost statement that contains a text", () => {
  expect(change({ in: "Lane.write", statement: "outlet.resume(", becomes: "" })).toContain('("drain", () => { });');
  expect(change({ in: "Lane.write", statement: '"drain"', becomes: ";" })).toContain(") ; else this.count(");
  expect(change({ in: "Lane.write", statement: "this.count(frame, 1)", becomes: ";" })).toContain("else ; }");
});

test("a mutation replaces text of one symbol alone and ignores comments", () => {
  expect(change({ in: "Lane.count", text: "* readers", becomes: "" })).toContain("return frame.length ;");
  expect(change({ in: "Lane.#beat", text: "this.idle()", becomes: "undefined" })).toContain("=> undefined;");
  expect(change({ in: "sse.mount", text: "start()", becomes: "stop()" })).toContain("{ stop(); }");
  expect(() => change({ in: "Lane.write", text: '"full"', becomes: '"more"' })).toThrow(
    'mutation a-mutation: Lane.write has no text with "full". Adapt the mutation to what Lane.write does now.',
  );
});

test("a mutation that fits in two places is refused", () => {
  expect(() => change({ in: "Lane.write", text: "answer", becomes: "" })).toThrow(
    /has 3 texts with answer\. Give a longer/,
  );
});

test("a mutation of a symbol that is gone names the symbols that may be meant", () => {
  expect(() => change({ in: "FanOut.write", text: "x", becomes: "y" })).toThrow(
    /src declares no FanOut\.write\. If it was renamed, use its new name\. Declared are: Lane\.write\./,
  );
  expect(() => change({ in: "twice", text: "x", becomes: "y" })).toThrow(
    /declares twice more than once \(src\/deep\/lane.ts, src\/other/,
  );
});

test("a mutation must leave the file readable", () => {
  expect(() => change({ in: "Lane.count", text: "return", becomes: "return (" })).toThrow(/can't be parsed/);
});
