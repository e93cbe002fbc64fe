import { hex, toBase64 } from "./bytes.ts";
import { sha1 } from "./sha1.ts";

/** The text every WebSocket server adds to the key (RFC 6455, section 1.3): no other protocol would do so by accident. */
export const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** One step from Sec-WebSocket-Key to Sec-WebSocket-Accept. */
export interface Step {
  readonly title: string;
  readonly value: string;
  readonly explanation: string;
}

/** What a server must answer to `key` (RFC 6455, section 4.2.2, step 5.4). */
export function acceptOf(key: string): string {
  return toBase64(sha1(new TextEncoder().encode(key.trim() + GUID)));
}

/** The way from a key to its answer, each step with what comes out of it. */
export function acceptSteps(key: string): readonly Step[] {
  const trimmed = key.trim();
  const digest = sha1(new TextEncoder().encode(trimmed + GUID));
  return [
    {
      title: "Sec-WebSocket-Key",
      value: trimmed,
      explanation:
        "What the client sent: 16 bytes by chance, in base64. The server takes the text as it is and does not decode it.",
    },
    {
      title: "with the fixed text behind it",
      value: trimmed + GUID,
      explanation:
        "The same for every WebSocket in the world. It is no secret: the answer proves understanding, not identity.",
    },
    {
      title: "SHA-1 of that",
      value: hex(digest),
      explanation: "20 bytes, which nobody gets who does not do this on purpose.",
    },
    {
      title: "Sec-WebSocket-Accept",
      value: toBase64(digest),
      explanation:
        "The same 20 bytes in base64. The client works it out too, and ends the connection if it finds anything else.",
    },
  ];
}
