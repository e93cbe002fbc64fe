import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Order } from "../../../engine/control.ts";
import { LAB_LIMITS } from "../../../engine/control.ts";
import { concat, toBase64 } from "../../../engine/decoder/bytes.ts";
import type { LaneNumber } from "../../../engine/run.ts";
import type { Item } from "../model/wire-record.ts";
import type { Wire } from "../model/wire-state.ts";

/** What sending needs of the browser. */
interface SendingWorld {
  readonly server: URL;
  /** Opens a session in a separate room. Resolves to its token. */
  openSession(): Promise<string>;
  /** Returns 16 random bytes. */
  newKey(): Uint8Array;
}

/** Sends the workbench's bytes after a handshake, each time on a new connection. */
export interface Sending {
  /** Why sending failed; empty if it did not. */
  readonly trouble: ReadonlySignal<string>;
  /** Messages on the newest of these connections, in order; null before the first frame is sent. */
  readonly answer: ReadonlySignal<readonly Item[] | null>;
  send(lane: LaneNumber, frame: Uint8Array): Promise<void>;
}

export function createSending(wire: Wire, order: (order: Order) => void, world: SendingWorld): Sending {
  const trouble = signal("");
  const sent = signal<{ readonly lane: LaneNumber; readonly upgrade: Uint8Array } | null>(null);
  let session: Promise<string> | null = null;
  let reader = 0;

  const answer = computed(() => {
    void wire.revision.value;
    if (sent.value === null) return null;
    const { lane, upgrade } = sent.value;
    const connection = wire.record.connections.findLast((one) => {
      if (one.lane !== lane) return false;
      const [piece] = wire.record.pieces(one, "up", 0, upgrade.length);
      return piece !== undefined && "bytes" in piece && startsWith(upgrade, piece.bytes);
    });
    return wire.record.items.filter((item) => item.connection === connection);
  });

  return {
    trouble,
    answer,
    async send(lane, frame) {
      trouble.value = "";
      session ??= world.openSession();
      let token: string;
      try {
        token = await session;
      } catch {
        session = null;
        trouble.value =
          "No session could be opened for the workbench. Check that the server is running, then send again.";
        return;
      }
      reader += 1;
      const upgrade = upgradeBytes(world.server, token, reader, toBase64(world.newKey()));
      const bytes = concat([upgrade, frame]);
      if (bytes.length > LAB_LIMITS.rawBytes) {
        trouble.value = `Handshake and frame are ${bytes.length.toLocaleString("en")} bytes, and at most ${LAB_LIMITS.rawBytes.toLocaleString("en")} can be sent at once. Shorten the payload.`;
        return;
      }
      sent.value = { lane, upgrade };
      order({ type: "raw", lane, base64: toBase64(bytes) });
    },
  };
}

/** Returns a client's handshake with the required headers only. */
function upgradeBytes(server: URL, session: string, reader: number, key: string): Uint8Array {
  const head = [
    `GET /transports/websocket?session=${session}&reader=${reader} HTTP/1.1`,
    `Host: ${server.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
  ];
  return new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`);
}

/** Returns whether `bytes` are a beginning of `whole`: the first read of a connection may contain only a part of it. */
function startsWith(whole: Uint8Array, bytes: Uint8Array): boolean {
  return bytes.every((byte, at) => byte === whole[at]);
}
