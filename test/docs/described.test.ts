import { createRequire } from "node:module";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { documents } from "../../scripts/describe.ts";
import { asyncapi, at, object, openapi, pointerPart, referencesIn, validatorAt } from "./support/described.ts";
import { read } from "./support/documents.ts";

const DESCRIBED = { openapi, asyncapi } as const;

describe("what npm run docs writes is up to date", async () => {
  test.for((await documents()).map(({ path, make }) => ({ path, make })))("$path", ({ path, make }) => {
    const present = read(path);
    expect(make(present), `${path} is out of date: run "npm run docs"`).toBe(present);
  });
});

describe("openapi.json", () => {
  test("is an OpenAPI 3.1 document", async () => {
    const result = await new Validator().validate(object(structuredClone(openapi)));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });
});

describe("asyncapi.yaml", () => {
  test("is an AsyncAPI 3.0 document", () => {
    const require = createRequire(import.meta.url);
    const schema: unknown = require("@asyncapi/specs/schemas/3.0.0.json");
    // The published schema holds its own copy of the draft it is written in.
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, meta: false, validateSchema: false });
    const validate = ajv.compile(object(schema));
    validate(asyncapi);
    expect(validate.errors ?? []).toEqual([]);
  });

  test("every operation's messages are its channel's", () => {
    for (const operation of Object.values(object(at(asyncapi, "/operations")))) {
      const channel = String(at(operation, "/channel/$ref"));
      for (const reference of referencesIn(at(operation, "/messages")))
        expect(reference.startsWith(`${channel}/messages/`)).toBe(true);
    }
  });
});

describe.for(["openapi", "asyncapi"] as const)("%s", (name) => {
  test("every $ref leads to something in the same document", () => {
    const references = referencesIn(DESCRIBED[name]);
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) {
      expect(at(DESCRIBED[name], reference.replace(/^#/, "")), reference).toBeDefined();
    }
  });

  test("every schema compiles", () => {
    const names = Object.keys(object(at(DESCRIBED[name], "/components/schemas")));
    expect(names.length).toBeGreaterThan(30);
    for (const schema of names) {
      expect(() => validatorAt(name, `/components/schemas/${pointerPart(schema)}`), schema).not.toThrow();
    }
  });
});
