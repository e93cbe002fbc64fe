import fc from "fast-check";
import { clientFrame } from "../../support/frames.ts";
import { anyBytes, mutatedBytes } from "./bytes.ts";
import { nearlyCommand } from "./json.ts";
import { junk } from "./text.ts";

const payload: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: nearlyCommand.map((value) => Buffer.from(JSON.stringify(value) ?? "")) },
  { weight: 2, arbitrary: junk.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: anyBytes },
  {
    weight: 1,
    arbitrary: fc.constantFrom(124, 125, 126, 127, 65_535, 65_536, 65_537).map((n) => Buffer.alloc(n, 0x20)),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 999, max: 5_100 }).map((code) => Buffer.from([code >> 8, code & 0xff, 0x61])),
  },
);
const opcode = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.constantFrom(0, 2, 8, 9, 10) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 }) },
);

/** One frame, whose fields are mostly right (RFC 6455, section 5.2). */
const frame: fc.Arbitrary<Buffer> = fc
  .record({
    payload,
    opcode,
    fin: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
    masked: fc.oneof({ weight: 20, arbitrary: fc.constant(true) }, fc.constant(false)),
    rsv: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 7 })),
  })
  .map(({ payload: given, ...how }) => clientFrame(given, how));

/** One message in several frames, with a control frame between them now and then. */
const fragmented: fc.Arbitrary<Buffer> = fc
  .tuple(
    payload,
    fc.array(fc.nat({ max: 40 }), { maxLength: 5 }),
    fc.constantFrom(null, 9, 10),
    fc.constantFrom(1, 2, 0),
  )
  .map(([bytes, lengths, between, first]) => {
    const frames: Buffer[] = [];
    let at = 0;
    for (const length of lengths) {
      frames.push(
        clientFrame(bytes.subarray(at, at + length), { opcode: frames.length === 0 ? first : 0, fin: false }),
      );
      if (between !== null) frames.push(clientFrame(Buffer.from("between"), { opcode: between }));
      at += length;
    }
    frames.push(clientFrame(bytes.subarray(at), { opcode: frames.length === 0 ? first : 0 }));
    return Buffer.concat(frames);
  });

/** A head that promises more than comes, in any of the three lengths. */
const promising: fc.Arbitrary<Buffer> = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), anyBytes)
  .map(([first, second, rest]) => Buffer.concat([Buffer.from([first, second]), rest]));

const row = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: frame },
      { weight: 3, arbitrary: fragmented },
      { weight: 1, arbitrary: promising },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((frames) => Buffer.concat(frames));

/** What a client may send once the upgrade is done. */
export const anyFrames: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: row },
  { weight: 3, arbitrary: mutatedBytes(row) },
  { weight: 1, arbitrary: anyBytes },
);
