import { ask } from "../../support/raw-http.ts";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;

/** What was scraped: Prometheus' text format, read strictly. */
export class Scrape {
  readonly text: string;
  readonly samples: readonly Sample[];
  /** By metric: `counter`, `gauge` or `histogram`. */
  readonly types: ReadonlyMap<string, string>;

  constructor(text: string) {
    this.text = text;
    const lines = text.split("\n").filter((line) => line !== "");
    this.types = new Map(
      lines.flatMap((line) => {
        const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
        return name === undefined || type === undefined ? [] : [[name, type]];
      }),
    );
    this.samples = lines.filter((line) => !line.startsWith("#")).map(sampleOf);
  }

  /** The value with these labels. Throws when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.samples.find(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    if (found === undefined) throw new Error(`there is no ${name} with ${JSON.stringify(labels)} in what was scraped`);
    return found.value;
  }
}

/** Scrapes a server. Throws when it does not answer 200. */
export async function scrape(server: URL): Promise<Scrape> {
  const { status, body } = await ask(new URL("/metrics", server));
  if (status !== 200) throw new Error(`/metrics answered ${status}: ${body}`);
  return new Scrape(body);
}

function sampleOf(line: string): Sample {
  const [, name, labels = "", value] = LINE.exec(line) ?? [];
  if (name === undefined || value === undefined)
    throw new Error(`this is no sample of Prometheus' text format: ${line}`);
  const pairs = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="([^"]*)",?/g)];
  if (pairs.map(([pair]) => pair).join("") !== labels) throw new Error(`these are no labels: ${line}`);
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = "", text = ""]) => [label, text])),
    value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value),
  };
}
