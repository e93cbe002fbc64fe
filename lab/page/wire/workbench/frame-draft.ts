import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { concat, hex, utf8 } from "../../../engine/decoder/bytes.ts";
import {
  encodeFrame,
  type FrameContents,
  type FrameHead,
  readFrameHead,
  xor,
} from "../../../engine/decoder/ws-frame.ts";
import { type Side, spansOf } from "../model/message-bytes.ts";

/** The frame on the workbench. Its bytes are the only state: fields are decoded from them, changes encoded into them. */
export interface Draft {
  readonly bytes: Signal<Uint8Array>;
  /** null if the bytes don't begin with a complete head. */
  readonly head: ReadonlySignal<FrameHead | null>;
  /** Unmasked. Shorter than `head` announces if bytes are missing. */
  readonly payload: ReadonlySignal<Uint8Array>;
  readonly text: ReadonlySignal<string>;
  readonly sides: ReadonlySignal<readonly Side[]>;
  /** Describes the bytes in one sentence. */
  readonly says: ReadonlySignal<string>;
  /** Encodes the frame again with this change. Bytes after the frame are kept. */
  change(change: Partial<FrameContents>): void;
  /** Splits the frame into two frames of one message. Does nothing without a complete head. */
  split(): void;
  setText(text: string): void;
  /** Sets all bytes from hexadecimal digits. Returns false, and changes nothing, if they are invalid. */
  setHex(text: string): boolean;
}

export function createDraft(first: Uint8Array): Draft {
  const bytes = signal(first);
  const head = computed(() => readFrameHead(bytes.value));
  const payload = computed(() => {
    const { value } = head;
    if (value === null) return new Uint8Array(0);
    return xor(bytes.value.subarray(value.headBytes, value.headBytes + value.length), value.mask);
  });
  const sides = computed(() => {
    const side = {
      direction: "up",
      from: 0,
      to: bytes.value.length,
      pieces: [{ from: 0, bytes: bytes.value }],
      reads: [],
    } as const;
    return [{ ...side, spans: spansOf("frame", [side]).up }];
  });

  function change(wanted: Partial<FrameContents>): void {
    const now = head.value;
    const { fin = true, rsv = 0, opcode = 1, mask = null } = now ?? {};
    const rest = now === null ? new Uint8Array(0) : bytes.value.subarray(now.headBytes + now.length);
    bytes.value = concat([encodeFrame({ fin, rsv, opcode, mask, payload: payload.value, ...wanted }), rest]);
  }
  function split(): void {
    if (head.value === null) return;
    const whole = payload.value;
    const half = Math.ceil(whole.length / 2);
    const { fin, mask, headBytes, length } = head.value;
    const rest = bytes.value.subarray(headBytes + length);
    const second = encodeFrame({ fin, rsv: 0, opcode: 0, mask, payload: whole.subarray(half) });
    bytes.value = concat([encodeFrame({ ...head.value, fin: false, payload: whole.subarray(0, half) }), second, rest]);
  }
  return {
    bytes,
    head,
    payload,
    text: computed(() => utf8(payload.value)),
    sides,
    says: computed(() => saysOf(bytes.value, head.value)),
    change,
    split,
    setText: (text) => change({ payload: new TextEncoder().encode(text) }),
    setHex(text) {
      const digits = text.replace(/\s+/g, "");
      if (!/^([0-9a-f]{2})*$/i.test(digits)) return false;
      bytes.value = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
      return true;
    },
  };
}

function saysOf(bytes: Uint8Array, head: FrameHead | null): string {
  if (head === null) return "Not a complete head yet: a frame has at least two bytes.";
  const { headBytes, length } = head;
  const rest = bytes.length - headBytes - length;
  const lead = `${headBytes} bytes of head, ${length.toLocaleString("en")} of payload`;
  if (rest === 0) return `${lead}.`;
  if (rest < 0) return `${lead}, of which ${(-rest).toLocaleString("en")} are missing: the server would wait for them.`;
  return `${lead}, and ${rest.toLocaleString("en")} bytes after it: the next frame.`;
}

/** The digits of a masking key. */
export function keyText(head: FrameHead | null): string {
  return head?.mask == null ? "" : hex(head.mask);
}
