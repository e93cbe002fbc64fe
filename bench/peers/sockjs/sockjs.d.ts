/** What this bench uses of SockJS, which has no types of its own. */
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
