const QUESTIONS = ["heap", "collect", "count", "writes"] as const;

/** What the counting server can be asked. */
export type Question = (typeof QUESTIONS)[number];

export type Told =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "heap"; readonly bytes: number }
  | { readonly type: "collect" }
  | { readonly type: "count" }
  | { readonly type: "writes"; readonly perSocket: readonly number[] };

export function isQuestion(value: unknown): value is Question {
  return QUESTIONS.some((question) => question === value);
}

/** Both ends are these tests' own: the shape of the envelope tells enough. */
export function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null && "type" in value;
}
