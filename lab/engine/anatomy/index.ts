export { Anatomy } from "./anatomy.ts";
export { type Chunk, chunkAt, chunksIn, Dissector, type DissectorOptions } from "./dissector.ts";
export { acceptOf, acceptSteps, GUID, type Step } from "./handshake.ts";
export type { Passage, PassageKind, Stretch } from "./passage.ts";
export { PURPOSES, type Purpose } from "./purpose.ts";
export { type Field, NOTHING, plus, type Span, type Split, splitOf, sum } from "./span.ts";
