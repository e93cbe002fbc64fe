import type { FastifyInstance } from "fastify";
import type { Hub, Wire } from "../chat/ports.ts";

/** What the composition root and the registry need of a transport's server half. */
export interface Mountable {
  /** On the wire, in paths, in `via`: lower case, hyphens. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly duplex: boolean;
  /** Adds the routes under `/transports/<name>`. The app given is an encapsulated one. */
  mount(app: FastifyInstance, hub: Hub): void;
}

/** A transport's server half: how an event is framed, and how a reader is attached. It owns no buffer, session, timer or retry. */
export interface ServerTransport<Frame = Buffer> extends Mountable, Wire<Frame> {}

declare module "fastify" {
  interface FastifyInstance {
    /** Whether a transport that can is to send back what it receives, at /echo: for suites that judge the wire itself. */
    readonly echo?: boolean;
  }
  interface FastifyRequest {
    /** Header names and values, in turn, that let the calling origin read the answer; empty for same-origin calls. */
    crossOrigin: readonly string[];
  }
}
