// All that this server adds to the types of Fastify and Node.
import type { ErrorCode } from "../protocol/errors.ts";
import type { Connection } from "./rate-limits.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Counts a refusal that is answered in HTTP. */
    refused(code: ErrorCode): void;
  }
  interface FastifyRequest {
    /** Names and values, in turn, of the headers that let the calling origin read the answer; empty for same-origin calls. */
    crossOrigin: readonly string[];
  }
  interface FastifyContextConfig {
    /** A file of the page: any page may load it. */
    publicFile?: boolean;
  }
}

declare module "node:net" {
  interface Socket {
    /** Set by `Callers`. The TLS socket of a connection has the same one as the TCP socket below it. */
    connection?: Connection;
  }
}
