import fc from "fast-check";
import { type HttpExchanges, type HttpSpan, HttpSpans } from "../../../lab/engine/proxy/http-spans.ts";
import { cutUp } from "../../support/arbitrary.ts";
import { anyBytes, cuts, mutatedBytes } from "../arbitraries/bytes.ts";
import { anyRequest } from "../arbitraries/requests.ts";
import { anyResponse, bytesOf, inARow } from "../arbitraries/talks.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

/** Returns what must not depend on how bytes are split: heads, and the lengths of the bodies between them. */
function essence(pieces: readonly Buffer[], side: "request" | "response", methods: readonly string[]): string {
  const exchange: HttpExchanges = { pendingAreHead: methods.map((method) => method === "HEAD"), tunnel: false };
  const spans = new HttpSpans(side, exchange);
  const parts: (string | number)[] = [];
  for (const piece of pieces) for (const span of spans.feed(piece)) add(parts, span);
  return JSON.stringify([parts, exchange.tunnel]);
}

function add(parts: (string | number)[], { part, from, to, head, ends }: HttpSpan): void {
  const last = parts.at(-1);
  if (part === "body" && typeof last === "number") parts[parts.length - 1] = last + to - from;
  else if (part === "body") parts.push(to - from);
  if (head !== null) parts.push(head);
  if (ends) parts.push("end");
}

export const httpSpans = target({
  name: "http-spans",
  what: "the lab's proxy: which bytes are heads and which are bodies, however they are split",
  input: fc.record({
    side: fc.constantFrom("request", "response"),
    request: fc.oneof({ weight: 4, arbitrary: mutatedBytes(bytesOf(inARow(anyRequest))) }, anyBytes),
    response: fc.oneof({ weight: 4, arbitrary: mutatedBytes(bytesOf(inARow(anyResponse))) }, anyBytes),
    methods: fc.array(fc.constantFrom("GET", "HEAD", "POST"), { maxLength: 3 }),
    at: cuts,
  }),
  open: () => ({
    try: ({ side, request, response: answer, methods, at }) => {
      const bytes = side === "request" ? request : answer;
      const pieces = cutUp(bytes, at);
      const exchange: HttpExchanges = { pendingAreHead: methods.map((method) => method === "HEAD"), tunnel: false };
      const spans = new HttpSpans(side, exchange);
      for (const piece of pieces) {
        let next = 0;
        for (const { from, to } of spans.feed(piece)) {
          if (from !== next || to <= from) throw new Finding("wrong", `a span from ${from} to ${to} after ${next}`);
          next = to;
        }
        if (next !== piece.length) throw new Finding("wrong", `spans end at ${next} of ${piece.length} bytes`);
      }
      if (essence([bytes], side, methods) !== essence(pieces, side, methods))
        throw new Finding("wrong", "the result depends on how the bytes are split");
      return exchange.tunnel ? `${side}, tunnel` : side;
    },
  }),
});
