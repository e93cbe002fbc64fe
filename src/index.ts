export {
  type ChatClient,
  type ChoiceStore,
  type ClosedBecause,
  type ConnectionState,
  type ConnectionTrouble,
  type ConnectOptions,
  connect,
  type Delivery,
  defaultPlatform,
  LinkError,
  type LiveSince,
  ProtocolError,
  type Resumption,
  SendError,
} from "./client/index.ts";
export type { StoreSpec } from "./log/open.ts";
export { StoreError } from "./log/store-error.ts";
export { type RunningServer, type ServerOptions, startServer } from "./server/server.ts";
export type { Mountable, ServerTransport } from "./transports/contract.server.ts";
export type { Attach, ClientTransport, Link, Platform } from "./transports/contract.ts";
export { clientTransports } from "./transports/registry.client.ts";
export { serverTransports } from "./transports/registry.server.ts";
