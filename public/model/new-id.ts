/** 128 random bits. `crypto.randomUUID` needs a secure context, which a page served to a classroom by plain HTTP is not. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
