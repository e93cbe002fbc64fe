/** The client's own numbers, in ms. Those both ends share are in protocol/limits.ts. */
export const CLIENT_TIMINGS = {
  /** A message without an answer for so long has failed. */
  giveUpMs: 240_000,
  /** A link that is silent for so long before it is live makes way for the next transport in the row. */
  proofMs: 3_000,
  /** The same where there is no other transport to try. */
  soloProofMs: 10_000,
  /** On top of two heartbeats: a stream that is silent for longer is dead. */
  silenceGraceMs: 5_000,
  /** A server that names a longer heartbeat is not believed: a dead stream would never be noticed. */
  longestHeartbeatMs: 120_000,
  backoffBaseMs: 500,
  backoffCapMs: 20_000,
  /** A link that ends sooner than this after its proof has not lasted: waits don't begin anew. */
  steadyMs: 1_000,
  /** While on a worse transport than there could be, a better one is tried this often. */
  improveEveryMs: 60_000,
  /** The same where a better one was live and then cut: to find out once more costs a reconnection or two. */
  improveCutMs: 600_000,
  /** Leaving is tried this often before the client closes without the server's word. */
  leaveAttempts: 3,
} as const;
