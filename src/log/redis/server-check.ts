import type { Durability } from "../sqlite/database.ts";
import { StoreError } from "../store-error.ts";
import type { RedisAddress } from "./address.ts";
import { RedisError } from "./connection.ts";

/** Sharded channels came with it. */
const OLDEST_VERSION = 7;

/** Of the keys and values that this version reads and writes. Raise it with a change that older versions can't read. */
const LAYOUT = 1;

/** What INFO says of a server, by field. */
export type ServerInfo = ReadonlyMap<string, string>;

/**
 * Resolves if a server is a primary that keeps what is stored, to its INFO and to lines for the operator about what it
 * could lose. Rejects with RedisError, or with StoreError if only another configuration helps.
 */
export async function checkServer(
  send: (args: readonly string[]) => Promise<unknown>,
  address: RedisAddress,
  durability: Durability,
): Promise<{ readonly info: ServerInfo; readonly notes: readonly string[] }> {
  const info = parseInfo(await send(["INFO"]));
  const version = info.get("redis_version") ?? "";
  if (Number.parseInt(version, 10) < OLDEST_VERSION) throw tooOld(address, `version ${version}`);
  if (isReplica(info)) throw notPrimary();
  if (info.get("loading") === "1") throw new RedisError("refused", "LOADING", "Redis is loading its data");
  const policy = info.get("maxmemory_policy");
  if (policy !== "noeviction") {
    const problem = `deletes data when its memory is full (maxmemory-policy ${policy})`;
    throw unsuitable(address, problem, "Set maxmemory-policy to noeviction.");
  }
  await checkLayout(send, address);
  const hasFile = info.get("aof_enabled") === "1";
  if (durability === "power" && !(hasFile && (await fsyncPolicy(send)) === "always")) {
    const remedy = "Set appendonly to yes and appendfsync to always, or start with --durability process.";
    throw unsuitable(address, "can lose acknowledged messages in a power failure", remedy);
  }
  const notes: string[] = [];
  if (!hasFile)
    notes.push(`${address} has no append-only file: a crash of Redis loses messages. Set appendonly to yes.`);
  // INFO has the field only where replicas are required.
  if (address.sentinelName !== null && !info.has("min_slaves_good_slaves")) {
    notes.push(
      `${address} accepts messages without a replica: a failover can lose them. Set min-replicas-to-write to 1.`,
    );
  }
  return { info, notes };
}

/** Rejects with StoreError if a newer version has stored its data here. Without data, the layout is this version's. */
async function checkLayout(send: (args: readonly string[]) => Promise<unknown>, address: RedisAddress): Promise<void> {
  const key = `${address.prefix}:layout`;
  // A server that can't be written to can still be read from.
  const layout = (await send(["GET", key])) ?? (await send(["SET", key, String(LAYOUT), "NX", "GET"]).catch(ifRefused));
  if (Number(layout ?? LAYOUT) <= LAYOUT) return;
  const problem = `holds data of a newer version (${key} is ${layout}, this version knows ${LAYOUT})`;
  throw unsuitable(address, problem, "Start that version, or use another --redis-prefix.");
}

function ifRefused(error: unknown): null {
  if (error instanceof RedisError && error.kind === "refused") return null;
  throw error;
}

/** Parses the reply to INFO. */
export function parseInfo(reply: unknown): ServerInfo {
  const lines = String(reply).matchAll(/^([a-z_0-9]+):([^\r\n]*)/gm);
  return new Map(Array.from(lines, ([, name = "", value = ""]) => [name, value]));
}

export function isReplica(info: ServerInfo): boolean {
  return info.get("role") === "slave";
}

export function notPrimary(): RedisError {
  return new RedisError("refused", "READONLY", "the server is a replica");
}

/** Returns the line for the operator. Its code is `foreign` if trying again can't help. It contains no credentials. */
export function explainFailure(address: RedisAddress, error: StoreError | RedisError): StoreError {
  if (error instanceof StoreError) return error;
  // Redis before 6 repeats an unknown HELLO with its arguments, the password among them.
  if (/unknown command.*HELLO/i.test(error.message)) return tooOld(address, "it has no HELLO");
  switch (error.code) {
    case "WRONGPASS":
    case "NOAUTH":
      return unsuitable(address, `refuses the user or the password (${error.code})`, "Correct them in --store.");
    case "NOPERM":
      return unsuitable(address, `refuses a command (${error.message})`, "Change the user's ACL.");
    default: {
      const message = `${address} can't be used (${detailOf(error)}). Start it, or correct the address in --store.`;
      return new StoreError("unreachable", message);
    }
  }
}

/** Returns the line for the operator when a server that was in use is out of reach. It contains no credentials. */
export function explainOutage(address: RedisAddress, error: StoreError | RedisError): StoreError {
  const detail = error instanceof StoreError ? error.message : detailOf(error);
  const message = `${address} is out of reach (${detail}). Until it is back, readers are held and commands refused.`;
  return new StoreError("unreachable", message);
}

function detailOf(error: RedisError): string {
  return error.kind === "refused" || error.code === "DOWN" || error.code === "DEAF" ? error.message : error.code;
}

async function fsyncPolicy(send: (args: readonly string[]) => Promise<unknown>): Promise<unknown> {
  // A map in RESP3, with the one setting asked for.
  const found = await send(["CONFIG", "GET", "appendfsync"]);
  return Object.values(found ?? {})[0];
}

function tooOld(address: RedisAddress, detail: string): StoreError {
  return unsuitable(address, `is older than Redis ${OLDEST_VERSION}.0 (${detail})`, "Install a newer version.");
}

function unsuitable(address: RedisAddress, problem: string, remedy: string): StoreError {
  return new StoreError("foreign", `${address} ${problem}. ${remedy}`);
}
