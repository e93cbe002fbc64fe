import type { Credentials } from "../generator/dialect.ts";

const ANYONE: Credentials = { session: "", cursor: "" };

/** Members of a server that knows no sessions and replays nothing. */
export async function enterFreely(_url: URL, count: number): Promise<readonly Credentials[]> {
  return Array.from({ length: count }, () => ANYONE);
}
