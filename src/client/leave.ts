import { ProtocolError } from "../protocol/errors.ts";
import type { SessionToken } from "../protocol/ids.ts";
import type { Platform } from "../transports/contract.ts";
import { sleep } from "../transports/shared/sleep.client.ts";
import { Backoff } from "./backoff.ts";
import { isSessionGone } from "./judge.ts";
import type { SessionApi } from "./sessionApi.ts";
import { CLIENT_TIMINGS } from "./timings.ts";

/** Ends the session at the server, with a few attempts. Rejects with the last one's error when none gets through. */
export async function leaveRoom(
  api: SessionApi,
  token: SessionToken,
  platform: Platform,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(() => platform.random());
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.end(token);
    } catch (error) {
      const refusal = error instanceof ProtocolError ? error : null;
      if (refusal !== null && isSessionGone(refusal)) return;
      if (attempt === CLIENT_TIMINGS.leaveAttempts || refusal?.retry === false) throw error;
      await sleep(platform, backoff.next(refusal?.retryAfterMs), signal);
    }
  }
}
