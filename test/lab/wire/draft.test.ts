import { describe, expect, test } from "vitest";
import { hex } from "../../../lab/engine/decoder/bytes.ts";
import { createDraft, type Draft, keyText } from "../../../lab/page/wire/workbench/frame-draft.ts";
import { clientFrame } from "../../support/frames.ts";

/** The key that `clientFrame` masks with. */
const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
/** RFC 6455, section 5.7: "Hello", masked. */
const HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58";

function draftOf(digits: string): Draft {
  const draft = createDraft(new Uint8Array(0));
  expect(draft.setHex(digits)).toBe(true);
  return draft;
}

function bytesOf(draft: Draft): Buffer {
  return Buffer.from(draft.bytes.value);
}

function labels(draft: Draft): string[] {
  return draft.sides.value.flatMap(({ spans }) => spans.map(({ label }) => label));
}

describe("a frame on the workbench", () => {
  test("is read from its bytes: the RFC's own example", () => {
    const draft = draftOf(HELLO);
    expect(draft.text.value).toBe("Hello");
    expect(draft.head.value).toMatchObject({ fin: true, rsv: 0, opcode: 1, length: 5, headBytes: 6 });
    expect(keyText(draft.head.value)).toBe("37 fa 21 3d");
    expect(labels(draft)).toEqual(["FIN, RSV, opcode text", "mask bit, length", "masking key", "payload"]);
    expect(draft.says.value).toBe("6 bytes of head, 5 of payload.");
  });

  test("is written from its text, and reads the same back", () => {
    const draft = draftOf(HELLO);
    for (const text of ["", "a", "Grüße, 世界 🌍", "x".repeat(200)]) {
      draft.setText(text);
      expect(bytesOf(draft)).toEqual(clientFrame(Buffer.from(text)));
      expect(draft.text.value).toBe(text);
    }
  });

  test.each([
    [0, 6],
    [125, 6],
    [126, 8],
    [65_535, 8],
    [65_536, 14],
  ])("of %i bytes has a head of %i, and its length in the shortest form", (length, headBytes) => {
    const draft = draftOf(HELLO);
    draft.change({ payload: new Uint8Array(length).fill(0x61) });
    expect(bytesOf(draft).equals(clientFrame(Buffer.alloc(length, "a")))).toBe(true);
    expect(draft.head.value).toMatchObject({ length, headBytes });
    expect(draft.says.value).toBe(`${headBytes} bytes of head, ${length.toLocaleString("en")} of payload.`);
  });

  test("loses its mask and gets it again, the payload staying what it is", () => {
    const draft = draftOf(HELLO);
    draft.change({ mask: null });
    expect(hex(draft.bytes.value)).toBe("81 05 48 65 6c 6c 6f");
    expect(draft.sides.value[0]?.spans[1]?.fields?.[0]?.explanation).toContain("1002");
    draft.change({ mask: KEY });
    expect(hex(draft.bytes.value)).toBe(HELLO);
  });

  test("takes every bit of its head, right or wrong", () => {
    const draft = draftOf(HELLO);
    for (const [change, wrong] of [
      [{ fin: false }, { fin: false }],
      [{ rsv: 4 }, { fin: false, rsv: 4 }],
      [{ rsv: 3 }, { fin: false, rsv: 3 }],
      [{ opcode: 11 }, { fin: false, rsv: 3, opcode: 11 }],
    ] as const) {
      draft.change(change);
      expect(bytesOf(draft)).toEqual(clientFrame(Buffer.from("Hello"), wrong));
    }
  });

  test("says what is missing, and what is too much", () => {
    expect(draftOf("81").says.value).toContain("Not a complete head yet");
    expect(draftOf("81 05 48 65").says.value).toBe(
      "2 bytes of head, 5 of payload, of which 3 are missing: the server would wait for them.",
    );
    expect(draftOf("81 01 48 89 00").says.value).toBe(
      "2 bytes of head, 1 of payload, and 2 bytes after it: the next frame.",
    );
  });

  test("does not take what are no digits, and keeps what it was", () => {
    const draft = draftOf(HELLO);
    for (const wrong of ["8", "81 8", "zz", "0x81"]) expect(draft.setHex(wrong)).toBe(false);
    expect(hex(draft.bytes.value)).toBe(HELLO);
    expect(draft.setHex("8105\n48656C6c 6f")).toBe(true);
    expect(draft.text.value).toBe("Hello");
  });

  test("is cut in two of the same message, and what stands behind it stays", () => {
    const draft = draftOf(HELLO);
    draft.split();
    const first = clientFrame(Buffer.from("Hel"), { fin: false });
    const second = clientFrame(Buffer.from("lo"), { opcode: 0 });
    expect(bytesOf(draft)).toEqual(Buffer.concat([first, second]));
    expect(labels(draft).filter((label) => label.startsWith("FIN"))).toEqual([
      "FIN, RSV, opcode text",
      "FIN, RSV, opcode continuation",
    ]);
    draft.change({ opcode: 2 });
    expect(bytesOf(draft)).toEqual(Buffer.concat([clientFrame(Buffer.from("Hel"), { fin: false, opcode: 2 }), second]));
  });
});
