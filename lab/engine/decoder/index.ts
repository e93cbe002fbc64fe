/** What the lab's page and the tests use of the decoder. */
export { type Chunk, ConnectionDecoder, type ConnectionDecoderOptions, chunkAt, chunksIn } from "./decoder.ts";
export type { RequestHead, ResponseHead } from "./http-head.ts";
export {
  type ByteRange,
  type Field,
  PURPOSES,
  type Purpose,
  type Span,
  type Split,
  splitOf,
  type WireMessage,
  type WireMessageKind,
} from "./spans.ts";
export { type AcceptStep, acceptOf, acceptSteps, WEBSOCKET_GUID } from "./ws-handshake.ts";
