import { ProtocolError } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";

/**
 * A member's name as the others see it: one spelling (NFC) and plain single spaces, so that no two names differ only in
 * what nobody sees. Throws `unprocessable` where that makes it too long.
 */
export function plainName(name: string): string {
  const plain = name
    .normalize("NFC")
    .replace(/\p{Zs}+/gu, " ")
    .trim();
  if ([...plain].length <= LIMITS.nameCodePoints) return plain;
  throw new ProtocolError("unprocessable", {
    message: `The name is over ${LIMITS.nameCodePoints} code points in normal form C. Choose a shorter one.`,
  });
}
