import fc from "fast-check";
import { share } from "./text.ts";

/** Any bytes. */
export const anyBytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));

const edit = fc.record({
  kind: fc.constantFrom("cut", "double", "put", "flip"),
  place: share,
  length: fc.integer({ min: 1, max: 20 }),
  put: anyBytes,
});

/** Bytes that were right before a few edits. */
export function mutatedBytes(base: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(base, fc.array(edit, { maxLength: 3 })).map(([bytes, edits]) => {
    let now = bytes;
    for (const { kind, place, length, put } of edits) {
      const at = Math.floor(place * now.length);
      const [before, piece, after] = [now.subarray(0, at), now.subarray(at, at + length), now.subarray(at + length)];
      if (kind === "cut") now = Buffer.concat([before, after]);
      else if (kind === "double") now = Buffer.concat([before, piece, piece, after]);
      else if (kind === "put") now = Buffer.concat([before, put, piece, after]);
      else now = Buffer.concat([before, piece.map((byte) => byte ^ (1 << (length % 8))), after]);
    }
    return now;
  });
}

/** How a network may cut what is sent: places as fractions of its length. */
export const cuts = fc.array(share, { maxLength: 4 });
