import autocannon from "autocannon";
import type { Order, Outcome } from "./messages.ts";

/** Milliseconds between autocannon's samples. It looks only then whether it should stop; its own default is a second. */
const SAMPLE_MS = 50;
const MICROSECONDS = 1_000;

/**
 * The order by autocannon. It is given no rate, so it corrects no latency (`ignoreCoordinatedOmission` is refused
 * without one): what it records is what each request took. Rejects when autocannon refuses its options.
 */
export async function byAutocannon({ url, request, sessions, seconds }: Order): Promise<Outcome> {
  const { method, path, body, answer } = request;
  const unused = [...sessions];
  const result = await autocannon({
    url: new URL(path, url).href,
    connections: sessions.length,
    duration: seconds,
    sampleInt: SAMPLE_MS,
    method,
    ...(body === null ? {} : { body, idReplacement: true }),
    setupClient: (client) => client.setHeaders(headersOf(unused.pop() ?? "", body !== null)),
    verifyBody: (text) => text.startsWith(answer),
  });
  const { latency, errors, timeouts, non2xx, mismatches } = result;
  return {
    requests: result["2xx"],
    failures: errors + timeouts + non2xx + mismatches,
    elapsedMs: result.duration * 1_000,
    p50: latency.p50 * MICROSECONDS,
    p90: latency.p90 * MICROSECONDS,
    p99: latency.p99 * MICROSECONDS,
    p999: latency.p99_9 * MICROSECONDS,
    max: latency.max * MICROSECONDS,
    latency: null,
  };
}

function headersOf(session: string, hasBody: boolean): Record<string, string> {
  const authorization = { Authorization: `Bearer ${session}` };
  return hasBody ? { ...authorization, "Content-Type": "application/json" } : authorization;
}
