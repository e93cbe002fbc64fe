/** What this bench uses of Faye, which has no types of its own. */
declare module "faye" {
  import type { Server } from "node:http";

  interface Options {
    readonly mount: string;
    /** Seconds for which a connection is held before it is answered without a message. */
    readonly timeout: number;
  }

  class NodeAdapter {
    constructor(options: Options);
    attach(server: Server): void;
  }

  const faye: { readonly NodeAdapter: typeof NodeAdapter };
  export = faye;
}
