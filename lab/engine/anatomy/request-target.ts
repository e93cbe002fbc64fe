import { Parts } from "./parts.ts";
import type { Purpose } from "./purpose.ts";
import type { Part } from "./span.ts";

const PARAMETERS: ReadonlyMap<
  string,
  { readonly purpose: Purpose; readonly explanation: string; readonly source: string }
> = new Map([
  [
    "after",
    {
      purpose: "session",
      explanation: "The cursor: read on from here. Everything after it in the room's log comes, and nothing before it.",
      source: "PROTOCOL.md, section 7",
    },
  ],
  [
    "session",
    {
      purpose: "session",
      explanation:
        "The session's token, here in the address because a header would cost a preflight on another origin.",
      source: "PROTOCOL.md, section 2",
    },
  ],
  [
    "reader",
    {
      purpose: "session",
      explanation: "The number of this client's link. When it changes its transport, the higher one counts.",
      source: "PROTOCOL.md, section 8",
    },
  ],
  [
    "hold",
    {
      purpose: "liveness",
      explanation: "For how many ms the answer may wait for something to tell.",
      source: "PROTOCOL.md, section 6.2",
    },
  ],
  [
    "t",
    {
      purpose: "caching",
      explanation:
        "By chance: no two requests are alike, so that a cache that was told not to store still has no answer to this one.",
      source: "RFC 9111, section 4",
    },
  ],
]);

/** Path and query of a request, one part per thing it says. */
export function targetParts(target: string): Part[] {
  const parts = new Parts();
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  parts.add(path.length, "path", "routing", "What is asked for at this server.", { source: "RFC 9112, section 3.2" });
  if (question < 0) return parts.list;
  parts.add(1, "?", "framing", "The query begins.", { source: "RFC 3986, section 3.4" });
  const pairs = target.slice(question + 1).split("&");
  for (const [index, pair] of pairs.entries()) {
    if (index > 0) parts.add(1, "&", "framing", "The next parameter begins.");
    parameter(parts, pair);
  }
  return parts.list;
}

function parameter(parts: Parts, pair: string): void {
  const equals = pair.indexOf("=");
  const name = equals < 0 ? pair : pair.slice(0, equals);
  const note = PARAMETERS.get(name) ?? {
    purpose: "routing",
    explanation: "A parameter of the request.",
    source: "RFC 3986, section 3.4",
  };
  const { purpose, explanation, source } = note;
  parts.add(name.length + (equals < 0 ? 0 : 1), `${name}=`, "framing", `The parameter \`${name}\`. ${explanation}`, {
    source,
  });
  if (equals >= 0) parts.add(pair.length - equals - 1, name, purpose, explanation, { source });
}
