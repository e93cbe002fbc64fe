/** What a member said, and what came of it. */
interface Said {
  readonly by: string;
  /** Its place among all that this member said. */
  readonly ordinal: number;
  readonly text: string;
  /** What `send` resolved to; null: it never did. */
  seq: number | null;
  /** Its sender was told that nobody knows what became of it. */
  givenUp: boolean;
}

export interface Read {
  readonly row: string;
  /** The seq it had read up to when it came. */
  readonly from: number;
  /** In the order in which they were handed on; `id` is null for what is no message. */
  readonly entries: { readonly seq: number; readonly id: string | null }[];
  gaps: number;
}

/** Everything that was said, acknowledged and received. It only writes down; `judge` says what it comes to. */
export class Ledger {
  readonly said = new Map<string, Said>();
  readonly readers = new Map<string, Read>();
  /** What readers were told under each number; more than one entry is a contradiction. */
  readonly told = new Map<number, Set<string>>();
  /** Messages whose text is not what was said. */
  readonly garbled: string[] = [];
  readonly #counted = new Map<string, number>();

  /** A reader comes, at the place where its session began. */
  reads(reader: string, row: string, from: number): void {
    this.readers.set(reader, { row, from, entries: [], gaps: 0 });
  }

  /** Called once per message, before it is sent. */
  says(by: string, id: string, text: string): void {
    const ordinal = this.#counted.get(by) ?? 0;
    this.#counted.set(by, ordinal + 1);
    this.said.set(id, { by, ordinal, text, seq: null, givenUp: false });
  }

  acknowledged(id: string, seq: number): void {
    const said = this.said.get(id);
    if (said === undefined) throw new RangeError(`"${id}" was acknowledged and never said`);
    said.seq = seq;
    this.#tell(seq, id);
  }

  gaveUp(id: string): void {
    const said = this.said.get(id);
    if (said !== undefined) said.givenUp = true;
  }

  /** `id` and `text` are null for what is no message. */
  received(reader: string, seq: number, message: { readonly id: string; readonly text: string } | null): void {
    this.#read(reader).entries.push({ seq, id: message?.id ?? null });
    this.#tell(seq, message?.id ?? "no message");
    if (message === null) return;
    const said = this.said.get(message.id);
    if (said !== undefined && said.text !== message.text) this.garbled.push(message.id);
  }

  gap(reader: string): void {
    this.#read(reader).gaps += 1;
  }

  /** The seq of what this reader was handed last. */
  last(reader: string): number {
    const { entries, from } = this.#read(reader);
    return entries.at(-1)?.seq ?? from;
  }

  #tell(seq: number, what: string): void {
    const told = this.told.get(seq);
    if (told === undefined) this.told.set(seq, new Set([what]));
    else told.add(what);
  }

  #read(reader: string): Read {
    const read = this.readers.get(reader);
    if (read === undefined) throw new RangeError(`"${reader}" reads nothing`);
    return read;
  }
}
