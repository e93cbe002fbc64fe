import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { hex, utf8 } from "../../../../src/lab/anatomy/bytes.ts";
import { encodeFrame, type FrameChoice } from "../../../../src/lab/anatomy/encode.ts";
import { type FrameHead, readFrameHead, xor } from "../../../../src/lab/anatomy/frame.ts";
import type { Side } from "../model/shown.ts";
import { spansOf } from "../model/shown.ts";

/** The frame on the workbench. Its bytes are what counts; everything else is read from them and written into them. */
export interface Draft {
  readonly bytes: Signal<Uint8Array>;
  /** null: the bytes are not even a whole head. */
  readonly head: ReadonlySignal<FrameHead | null>;
  /** Unmasked, as far as it is there. */
  readonly payload: ReadonlySignal<Uint8Array>;
  readonly text: ReadonlySignal<string>;
  readonly sides: ReadonlySignal<readonly Side[]>;
  /** What the bytes are, in one sentence. */
  readonly says: ReadonlySignal<string>;
  /** Writes the frame anew with this changed. */
  change(change: Partial<FrameChoice>): void;
  setText(text: string): void;
  /** Takes hexadecimal digits for the whole frame; false: they are none, and nothing has changed. */
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

  function change(wanted: Partial<FrameChoice>): void {
    const now = head.value;
    const { fin = true, rsv = 0, opcode = 1, mask = null } = now ?? {};
    bytes.value = encodeFrame({ fin, rsv, opcode, mask, payload: payload.value, ...wanted });
  }
  return {
    bytes,
    head,
    payload,
    text: computed(() => utf8(payload.value)),
    sides,
    says: computed(() => saysOf(bytes.value, head.value)),
    change,
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
  if (head === null) return "Not a whole head yet: a frame has two bytes at least.";
  const { headBytes, length } = head;
  const rest = bytes.length - headBytes - length;
  const lead = `${headBytes} bytes of head, ${length.toLocaleString("en")} of payload`;
  if (rest === 0) return `${lead}.`;
  if (rest < 0)
    return `${lead}, of which ${(-rest).toLocaleString("en")} are not there: the server would wait for them.`;
  return `${lead}, and ${rest.toLocaleString("en")} bytes behind it, which would be the next frame.`;
}

/** The digits of a masking key. */
export function keyText(head: FrameHead | null): string {
  return head?.mask == null ? "" : hex(head.mask);
}
