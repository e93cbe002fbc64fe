import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { read } from "./documents.ts";

/** The two descriptions as they lie in the repository. */
export const openapi: unknown = JSON.parse(read("openapi.json"));
export const asyncapi: unknown = parse(read("asyncapi.yaml"));

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
for (const keyword of ["openapi", "asyncapi", "info", "servers", "paths", "components", "security", "tags"])
  ajv.addKeyword(keyword);
for (const keyword of ["channels", "operations", "defaultContentType"]) ajv.addKeyword(keyword);
ajv.addSchema(object(openapi), "openapi");
ajv.addSchema(object(asyncapi), "asyncapi");

const compiled = new Map<string, ValidateFunction>();

/** The schema at a JSON pointer into one of the two documents, compiled. */
export function validatorAt(document: "openapi" | "asyncapi", pointer: string): ValidateFunction {
  const reference = `${document}#${pointer}`;
  const validator = compiled.get(reference) ?? ajv.compile({ $ref: reference });
  compiled.set(reference, validator);
  return validator;
}

/** What is at a JSON pointer; undefined when nothing is. */
export function at(document: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), document);
}

/** A key as a part of a JSON pointer within a URI fragment. */
export function pointerPart(key: string): string {
  return encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function object(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new TypeError(`expected an object, got ${typeof value}`);
  return value;
}

/** Every `$ref` in a document, wherever it stands. */
export function referencesIn(value: unknown): readonly string[] {
  if (!isObject(value)) return [];
  const own = typeof value["$ref"] === "string" ? [value["$ref"]] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}
