/** The parts of autocannon 9.0.0 that this bench uses. The package has no types. */
declare module "autocannon" {
  interface Client {
    setHeaders(headers: Record<string, string>): void;
  }

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. The run ends at the next sample. */
    readonly duration: number;
    /** Milliseconds between samples. */
    readonly sampleInt?: number;
    /** Seconds until a request counts as timed out and its connection is reopened. */
    readonly timeout?: number;
    readonly method?: "GET" | "POST";
    readonly body?: string;
    /** Replaces `[<id>]` in each request with 33 characters that are never the same. */
    readonly idReplacement?: boolean;
    readonly overallRate?: number;
    /** Refused unless a rate is given. */
    readonly ignoreCoordinatedOmission?: boolean;
    readonly setupClient?: (client: Client) => void;
    readonly verifyBody?: (body: string) => boolean;
  }

  interface Percentiles {
    readonly min: number;
    readonly max: number;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p99_9: number;
  }

  interface Result {
    readonly "2xx": number;
    readonly non2xx: number;
    readonly errors: number;
    readonly timeouts: number;
    readonly mismatches: number;
    /** Seconds, to 10 ms. */
    readonly duration: number;
    /** Milliseconds. */
    readonly latency: Percentiles & { readonly totalCount: number };
  }

  function autocannon(options: Options): Promise<Result>;
  export = autocannon;
}
