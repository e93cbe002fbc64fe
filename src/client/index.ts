export { type ErrorCode, ProtocolError } from "../protocol/errors.ts";
export type { Author, Census, DurableEvent, Gap, Joined, Left, Member, Message, Typing } from "../protocol/events.ts";
export type { HistoryPage, Members, SessionInfo, TransportInfo } from "../protocol/http.ts";
export type { Cursor, SessionToken } from "../protocol/ids.ts";
export { type ClientTransport, type Link, LinkError, type Platform } from "../transports/contract.ts";
export { connect } from "./client.ts";
export { defaultPlatform } from "./platform.ts";
export {
  type ChatClient,
  type ChoiceStore,
  type ClosedBecause,
  type ConnectionState,
  type ConnectionTrouble,
  type ConnectOptions,
  type Delivery,
  type LiveSince,
  type PassedOver,
  type Resumption,
  SendError,
} from "./types.ts";
