/** A message a member sent, and its outcome. */
interface Said {
  readonly by: string;
  /** Its position among this member's messages. */
  readonly ordinal: number;
  readonly text: string;
  /** The seq to which `send` resolved; null until then. */
  seq: number | null;
  /** `send` rejected: it is unknown whether the message was stored. */
  givenUp: boolean;
}

/** What one reader received. */
interface Received {
  readonly row: string;
  /** The seq at which its session began. */
  readonly from: number;
  /** Events in the order of delivery; `id` is null unless the event is a message. */
  readonly entries: { readonly seq: number; readonly id: string | null }[];
  gaps: number;
}

/** Records everything that was sent, acknowledged and received. `judge` evaluates it. */
export class Ledger {
  readonly said = new Map<string, Said>();
  readonly readers = new Map<string, Received>();
  /** What was delivered under each seq. More than one entry is a contradiction. */
  readonly contents = new Map<number, Set<string>>();
  /** Messages whose text is not what was said. */
  readonly garbled: string[] = [];
  /** Who joined or left under each seq. */
  readonly #presence = new Map<number, { readonly member: string; readonly type: "joined" | "left" }>();
  /** Messages sent so far, by member. */
  readonly #counted = new Map<string, number>();

  /** Adds a reader whose session begins at `from`. */
  addReader(reader: string, row: string, from: number): void {
    this.readers.set(reader, { row, from, entries: [], gaps: 0 });
  }

  /** Records a message before it is sent. */
  sends(by: string, id: string, text: string): void {
    const ordinal = this.#counted.get(by) ?? 0;
    this.#counted.set(by, ordinal + 1);
    this.said.set(id, { by, ordinal, text, seq: null, givenUp: false });
  }

  acknowledged(id: string, seq: number): void {
    const said = this.said.get(id);
    if (said === undefined) throw new RangeError(`"${id}" was acknowledged but never sent`);
    said.seq = seq;
    this.#note(seq, id);
  }

  gaveUp(id: string): void {
    const said = this.said.get(id);
    if (said !== undefined) said.givenUp = true;
  }

  /** Records a delivery; `message` is null for any other event. */
  received(reader: string, seq: number, message: { readonly id: string; readonly text: string } | null): void {
    this.#read(reader).entries.push({ seq, id: message?.id ?? null });
    this.#note(seq, message?.id ?? "no message");
    if (message === null) return;
    const said = this.said.get(message.id);
    if (said !== undefined && said.text !== message.text) this.garbled.push(message.id);
  }

  presence(seq: number, member: string, type: "joined" | "left"): void {
    this.#presence.set(seq, { member, type });
  }

  /** Returns each `joined` of a member that was present, and each `left` of one that was not. */
  get presenceFaults(): string[] {
    const last = new Map<string, string>();
    return [...this.#presence]
      .toSorted(([one], [other]) => one - other)
      .flatMap(([seq, { member, type }]) => {
        const before = last.get(member);
        last.set(member, type);
        return before === type ? [`${member} ${type} twice, the second time at ${seq}.`] : [];
      });
  }

  gap(reader: string): void {
    this.#read(reader).gaps += 1;
  }

  /** Returns the seq of this reader's last event. */
  last(reader: string): number {
    const { entries, from } = this.#read(reader);
    return entries.at(-1)?.seq ?? from;
  }

  #note(seq: number, content: string): void {
    const known = this.contents.get(seq);
    if (known === undefined) this.contents.set(seq, new Set([content]));
    else known.add(content);
  }

  #read(reader: string): Received {
    const read = this.readers.get(reader);
    if (read === undefined) throw new RangeError(`there is no reader "${reader}"`);
    return read;
  }
}

/** The result for the members of one row. */
export interface RowVerdict {
  readonly row: string;
  readonly members: number;
  /** Messages that these members sent, and how many were acknowledged. */
  readonly said: number;
  readonly acknowledged: number;
  /** Messages they received, from any member. */
  readonly received: number;
  /** Seqs up to the end that a reader never received. Every acknowledged message has one. */
  readonly lost: number;
  /** Seqs that a reader received again, and messages it received under a second seq. */
  readonly duplicated: number;
  /** Seqs received after a higher one, and messages stored before one that their sender sent earlier. */
  readonly reordered: number;
  /** Seqs whose content differed between readers, or from the acknowledgement. */
  readonly differing: number;
  readonly gaps: number;
}

const NOTHING = { said: 0, acknowledged: 0, received: 0, lost: 0, duplicated: 0, reordered: 0, differing: 0, gaps: 0 };

/** Evaluates the ledger up to the seq `end`, which every reader must have reached. Returns one verdict per row. */
export function judge(ledger: Ledger, rows: readonly string[], end: number): RowVerdict[] {
  const disputed = new Set([...ledger.contents].filter(([, contents]) => contents.size > 1).map(([seq]) => seq));
  return rows.map((row) => {
    const readers = [...ledger.readers].filter(([, read]) => read.row === row);
    const verdict = { ...NOTHING, row, members: readers.length };
    for (const [name, read] of readers) {
      const said = [...ledger.said].filter(([, { by }]) => by === name);
      const faults = faultsOf(read, end);
      verdict.said += said.length;
      verdict.acknowledged += said.filter(([, { seq }]) => seq !== null).length;
      verdict.received += read.entries.filter(({ id }) => id !== null).length;
      verdict.lost += faults.lost;
      verdict.duplicated += faults.duplicated;
      verdict.reordered += faults.reordered + disorder(ledger, name);
      verdict.differing += new Set(read.entries.map(({ seq }) => seq)).intersection(disputed).size;
      verdict.differing += said.filter(([id]) => ledger.garbled.includes(id)).length;
      verdict.gaps += read.gaps;
    }
    return verdict;
  });
}

function faultsOf({ entries, from }: Received, end: number) {
  const seqs = new Set<number>();
  const ids = new Set<string>();
  const faults = { lost: 0, duplicated: 0, reordered: 0 };
  let highest = from;
  for (const { seq, id } of entries) {
    if (seqs.has(seq) || (id !== null && ids.has(id))) faults.duplicated += 1;
    else if (seq < highest) faults.reordered += 1;
    seqs.add(seq);
    if (id !== null) ids.add(id);
    highest = Math.max(highest, seq);
  }
  for (let seq = from + 1; seq <= end; seq += 1) if (!seqs.has(seq)) faults.lost += 1;
  return faults;
}

/** Counts messages of one member that are stored before one it sent earlier. One that it gave up may be stored at any time. */
function disorder(ledger: Ledger, name: string): number {
  const seqOf = new Map<string, number>();
  for (const [seq, contents] of ledger.contents)
    for (const id of contents) seqOf.set(id, Math.min(seq, seqOf.get(id) ?? seq));
  let highest = 0;
  let disordered = 0;
  const own = [...ledger.said].filter(([, { by }]) => by === name).toSorted(([, a], [, b]) => a.ordinal - b.ordinal);
  for (const [id, { givenUp }] of own) {
    const seq = seqOf.get(id);
    if (seq === undefined || givenUp) continue;
    if (seq < highest) disordered += 1;
    highest = Math.max(highest, seq);
  }
  return disordered;
}
