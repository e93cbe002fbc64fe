import { readFileSync } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import { constants, createSecureServer, type Http2Stream, type ServerHttp2Session } from "node:http2";
import { Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { Clock } from "../clock.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { HttpHandler } from "./pipelining.ts";

/** Files in PEM: the certificate with the chain below it, and its key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate or key that can't be used. Its message is one line: which file, what is wrong, what to do. */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

export interface TlsServerOptions {
  readonly files: TlsFiles;
  readonly isUpgrade: (request: IncomingMessage) => boolean;
  /** Time for the handshake, in ms. */
  readonly handshakeMs: number;
  /** Time for a whole request to arrive, in ms. */
  readonly requestTimeoutMs: number;
  /** An idle connection is closed after this, in ms. */
  readonly keepAliveMs: number;
  readonly clock: Clock;
}

/** How many streams may be open on one connection; RFC 9113, section 6.5.2, recommends no fewer than 100. */
const MOST_STREAMS = 100;

/**
 * Creates a server for HTTP/2 and, for other clients and WebSockets, HTTP/1.1. ALPN chooses (RFC 7301). Throws TlsError.
 */
export function createTlsServer(
  handler: HttpHandler,
  { files, isUpgrade, handshakeMs, requestTimeoutMs, keepAliveMs, clock }: TlsServerOptions,
): Server {
  const sockets = new Set<Socket>();
  const options = {
    ...readTls(files),
    allowHTTP1: true,
    minVersion: "TLSv1.2",
    handshakeTimeout: handshakeMs,
    settings: { maxConcurrentStreams: MOST_STREAMS, maxHeaderListSize: LIMITS.headerBytes },
    // The rest is for HTTP/1.1, as on the server without TLS.
    maxHeaderSize: LIMITS.headerBytes,
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs / 4),
    keepAliveTimeout: keepAliveMs,
    requireHostHeader: false,
  } as const;
  const server = createSecureServer(options);
  server.on("stream", (stream) => {
    boundBody(stream, requestTimeoutMs, clock);
    // Ends a stream that gets no answer. Its session may be busy with others.
    stream.setTimeout(keepAliveMs, () => stream.close(constants.NGHTTP2_CANCEL));
  });
  server.on("request", handler);
  server.setTimeout(keepAliveMs);
  // Without a listener Node destroys the session, and its peer can't tell which streams were answered.
  server.on("timeout", closeSilent);
  /** Handshakes in progress, by both ends' addresses: all that a TCP socket and its TLS socket have in common. */
  const handshakes = new Map<string, { readonly socket: Socket; readonly cancel: () => void }>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    const ends = endsOf(socket);
    // Node's own timeout restarts with each byte.
    const cancel = clock.after(handshakeMs, () => socket.destroy());
    handshakes.set(ends, { socket, cancel });
    socket.once("close", () => {
      sockets.delete(socket);
      handshakes.delete(ends);
      cancel();
    });
  });
  server.on("secureConnection", (secure) => {
    const handshake = handshakes.get(endsOf(secure));
    handshake?.cancel();
    if (handshake?.socket.connection !== undefined) secure.connection = handshake.socket.connection;
  });
  const withMissing = Object.assign(server, {
    shouldUpgradeCallback: isUpgrade,
    closeAllConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
  });
  // With `allowHTTP1` it emits `node:http`'s requests and responses, and for HTTP/2 those of the compatibility API. Its
  // type says neither; the two members that it lacks are added above.
  return withMissing as unknown as Server;
}

/** Reads the certificate and its key. Throws TlsError if they can't be read or do not belong together. */
export function readTls(files: TlsFiles): { cert: Buffer; key: Buffer } {
  const contents = { cert: readPem(files.cert, "certificate"), key: readPem(files.key, "key") };
  try {
    createSecureContext(contents);
  } catch (error) {
    throw new TlsError(
      `${files.cert} and ${files.key} can't be used together (${messageOf(error)}). Name a certificate in PEM, with its chain, and the key that belongs to it.`,
      { cause: error },
    );
  }
  return contents;
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new TlsError(`The ${what} ${file} can't be read (${messageOf(error)}). Name one that this user may read.`, {
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** Ends a silent connection. Node passes the session of HTTP/2 or the socket of HTTP/1.1; its types lack the argument. */
function closeSilent(...[silent]: readonly (ServerHttp2Session | Socket)[]): void {
  if (silent instanceof Socket) silent.destroy();
  else silent?.close();
}

/** Limits the time for a request's body. Node's own limit is only for HTTP/1.1. */
function boundBody(stream: Http2Stream, ms: number, clock: Clock): void {
  if (stream.endAfterHeaders) return;
  const cancel = clock.after(ms, () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
  stream.once("end", cancel);
  stream.once("close", cancel);
}
