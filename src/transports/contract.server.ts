import type { FastifyInstance } from "fastify";
import type { Hub, Wire } from "../chat/ports.ts";
import type { ErrorCode } from "../protocol/errors.ts";

/** What the server offers to a transport beside the hub. */
export interface TransportContext {
  /** Serves an echo of WebSocket messages at /echo, for test suites of the wire protocol. */
  readonly echo: boolean;
  /** Counts a refusal that is not an HTTP answer. */
  refused(code: ErrorCode): void;
}

/** What the composition root and the registry need of a transport's server half. */
export interface Mountable {
  /** On the wire, in paths, in `via`: lower case, hyphens. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly duplex: boolean;
  /** Adds the routes under `/transports/<name>`. `app` is a Fastify scope of its own. A duplex one accepts upgrades too. */
  mount(app: FastifyInstance, hub: Hub, context: TransportContext): void;
}

/** A transport's server half: how an event is framed, and how a reader is attached. It owns no buffer, session, timer or retry. */
export interface ServerTransport<Frame = Buffer> extends Mountable, Wire<Frame> {}
