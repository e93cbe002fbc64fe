/** The parts of SockJS and Faye that this bench uses. Neither package has types. */
declare module "sockjs" {
  import type { Server as HttpServer } from "node:http";

  export interface Connection {
    write(message: string): boolean;
    on(event: "data", listener: (message: string) => void): this;
    on(event: "close", listener: () => void): this;
  }

  export interface Options {
    readonly prefix?: string;
    readonly response_limit?: number;
    readonly disconnect_delay?: number;
    readonly log?: (severity: string, line: string) => void;
  }

  export interface Server {
    on(event: "connection", listener: (connection: Connection) => void): this;
    installHandlers(server: HttpServer, options: Options): void;
  }

  export function createServer(options: Options): Server;
}

declare module "faye" {
  import type { Server } from "node:http";

  interface Options {
    readonly mount: string;
    /** Seconds for which a request is held before it is answered without a message. */
    readonly timeout: number;
  }

  class NodeAdapter {
    constructor(options: Options);
    attach(server: Server): void;
  }

  const faye: { readonly NodeAdapter: typeof NodeAdapter };
  export = faye;
}
