/** Where a naive client puts what it hears. */
export interface Hear {
  /** Bytes have come: it believes to be connected. Told again and again. */
  live(): void;
  /** Parsed JSON, whatever it is. */
  event(event: unknown): void;
}
