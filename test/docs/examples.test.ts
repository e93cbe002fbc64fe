import { describe, expect, test } from "vitest";
import { blocksOf } from "./support/blocks.ts";
import { at, object, openapi, pointerPart, validatorAt } from "./support/described.ts";
import { read } from "./support/documents.ts";

const examples = blocksOf(read("PROTOCOL.md")).filter(({ language }) => language === "json");

/** What travels as one message; each must have an example. */
const MESSAGES = ["DownEvent", "Command", "Reply"].flatMap((union) => {
  const members = at(openapi, `/components/schemas/${union}/anyOf`);
  return Array.isArray(members) ? members.map((member) => String(object(member)["$ref"]).split("/").at(-1) ?? "") : [];
});

describe("the JSON examples of PROTOCOL.md", () => {
  test.for(examples)("line $line is a valid $info", ({ info, text }) => {
    const validate = validatorAt("openapi", `/components/schemas/${pointerPart(info)}`);
    const value: unknown = JSON.parse(text);
    validate(value);
    expect(validate.errors ?? []).toEqual([]);
    // Byte for byte: no space that the server would not write.
    expect(JSON.stringify(value)).toBe(text);
  });

  test.for(MESSAGES)("%s has one", (name) => {
    expect(examples.map(({ info }) => info)).toContain(name);
  });
});
