const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** Arguments a call can take without harm. */
const STRETCH = 8_192;

/** One character per byte: the bytes of a head are nothing else. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += STRETCH) {
    text += String.fromCharCode(...bytes.subarray(from, from + STRETCH));
  }
  return text;
}

/** The text; what is no UTF-8 becomes U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

/** Two digits per byte. */
export function hex(bytes: Iterable<number>, between = " "): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between);
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(latin1(bytes));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
