/** Bytes on their way. */
export interface Piece {
  /** As they came from their sender. */
  readonly original: Buffer;
  /** As they are passed on. The same buffer unless something was taken out. */
  readonly passing: Buffer;
  /** On the proxy's clock. */
  readonly cameAt: number;
  /** How much of the jitter it meets, in [0, 1). */
  readonly chance: number;
}

/** Holds back or changes what comes, before it is put on the road. */
export interface Filter {
  /** What may go on of what has come so far, in order. */
  take(bytes: Buffer): readonly Passing[];
  /** What it holds back; called when the sender has ended, or when nothing is to be held any more. */
  giveUp(): readonly Passing[];
  /** Bytes held back, and in how many pieces. */
  readonly held: number;
  readonly heldPieces: number;
}

export type Passing = Pick<Piece, "original" | "passing" | "cameAt">;

/** Counted as held for each piece beside its bytes, so that a sender of single bytes can't multiply the memory it takes. */
export const PIECE_BYTES = 64;
